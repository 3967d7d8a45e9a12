<?php
// Finds the classes of the generated client, of Guzzle as Debian has it, and delivery.php.
declare(strict_types=1);

require 'GuzzleHttp/autoload.php';
spl_autoload_register(static function (string $class): void {
    $file = getenv('GENERATED') . '/lib/' . str_replace('\\', '/', substr($class, strlen('OpenAPI\\Client\\'))) . '.php';
    if (str_starts_with($class, 'OpenAPI\\Client\\') && is_file($file)) {
        require $file;
    }
});
require __DIR__ . '/../../../openapi/clients/delivery.php';
