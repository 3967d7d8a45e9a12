<?php
// What delivery.php says of each of verdict-cases.json, through openapi-generator's client. See verdict_cases.py.
declare(strict_types=1);

use GuzzleHttp\Client;
use OpenAPI\Client\Api\ChatApi;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\ChatMessageRequest;
use OpenAPI\Client\Model\ChatMessageType;
use OpenAPI\Client\Model\NewChatMessage;
use function Acquire\Delivery\observe;

require __DIR__ . '/load.php';

foreach (file(getenv('CASES'), FILE_IGNORE_NEW_LINES) as $url) {
    $outcome = observe(static function (Client $http) use ($url): void {
        $content = new NewChatMessage(['type' => ChatMessageType::MESSAGE, 'message' => 'Hey']);
        $configuration = (new Configuration())->setHost($url)->setAccessToken('key');
        (new ChatApi($http, $configuration))
            ->sendChatMessage(new ChatMessageRequest(['case_id' => 2069, 'message' => $content]));
    }, (float) getenv('TIME_LIMIT'));
    echo $outcome->delivery, ' ', $outcome->nextStep, ' ', $outcome->status === 429 ? $outcome->after : '-', "\n";
}
