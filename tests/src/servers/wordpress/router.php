<?php
// PHP's own server has no rewriting: whatever is no file of WordPress is asked of its front page.
$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/');
$file = __DIR__ . $path;
if (strpos($path, '..') === false) {
    if ($path !== '/' && is_dir($file) && is_file("$file/index.php")) {
        $file = rtrim($file, '/') . '/index.php';
        $path = rtrim($path, '/') . '/index.php';
    }
    if (is_file($file) && substr($file, -4) !== '.php') {
        return false;
    }
    if (is_file($file) && $path !== '/router.php') {
        $_SERVER['PHP_SELF'] = $_SERVER['SCRIPT_NAME'] = $path;
        $_SERVER['SCRIPT_FILENAME'] = $file;
        chdir(dirname($file));
        require $file;
        return true;
    }
}
$_SERVER['PHP_SELF'] = $_SERVER['SCRIPT_NAME'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = __DIR__ . '/index.php';
require __DIR__ . '/index.php';
