//! What stands on the line.

use super::*;

#[test]
fn a_dot_at_the_head_of_a_line_never_ends_the_message() {
    for (message, wanted) in
        [("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n"), (".a", "..a\r\n"), ("a.\r\n..b\r\n", "a.\r\n...b\r\n"), ("", "\r\n")]
    {
        assert_eq!(stuffed(message), wanted);
    }
}
