//! Writes the contract for the interface again: `cargo run -p guichet --example contract`.

fn main() -> std::io::Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/backend/contract.ts");
    std::fs::write(file, guichet_shell::contract::typescript())
}
