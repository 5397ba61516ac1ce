<?php
// Once, on the command line: the tables, two people, one article. Its number is what is printed.
$_SERVER += ['HTTP_HOST' => '127.0.0.1', 'REQUEST_METHOD' => 'GET', 'REMOTE_ADDR' => '127.0.0.1', 'SERVER_PROTOCOL' => 'HTTP/1.1'];
define('WP_INSTALLING', true);
ob_start();
require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('La Boutique', 'alice', 'alice@example.com', true, '', 'alice-pass');
wp_create_user('bob', 'bob-pass', 'bob@example.com');
foreach (['comment_moderation' => '1', 'comments_notify' => '0', 'moderation_notify' => '0', 'show_avatars' => '0'] as $name => $value) {
    update_option($name, $value);
}
// Comments are dated by the site's clock on the wall: one that is not UTC shows who forgets it.
update_option('timezone_string', 'Pacific/Auckland');
if ($argv[1] === 'pretty') {
    update_option('permalink_structure', '/%postname%/');
    global $wp_rewrite;
    $wp_rewrite->init();
    flush_rewrite_rules(false);
} else {
    update_option('permalink_structure', '');
}
$article = wp_insert_post([
    'post_title' => 'Les tabliers sont là', 'post_content' => 'Bleus et gris.', 'post_status' => 'publish',
    'post_author' => get_user_by('login', 'alice')->ID, 'comment_status' => 'open',
]);
ob_end_clean();
echo $article;
