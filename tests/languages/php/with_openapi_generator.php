<?php
// Sends a message of each kind with the client that openapi-generator makes.
declare(strict_types=1);

use GuzzleHttp\Client;
use OpenAPI\Client\Api\ChatApi;
use OpenAPI\Client\Api\MailApi;
use OpenAPI\Client\Api\SmsApi;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\ApiError;
use OpenAPI\Client\Model\ChatMessageRequest;
use OpenAPI\Client\Model\ChatMessageType;
use OpenAPI\Client\Model\MailMessageRequest;
use OpenAPI\Client\Model\MailMessageType;
use OpenAPI\Client\Model\NewChatMessage;
use OpenAPI\Client\Model\NewMailMessage;
use OpenAPI\Client\Model\SmsRequest;
use OpenAPI\Client\Model\UserType;
use function Acquire\Delivery\observe;

require __DIR__ . '/load.php';

function check(bool $holds, mixed $what): void
{
    if (!$holds) {
        throw new LogicException(print_r($what, true));
    }
}

/** Makes one call, and checks what became of its message. */
function call(string $delivery, string $nextStep, int $status, callable $run): void
{
    $configuration = (new Configuration())
        ->setHost(getenv('ACQUIRE_URL'))
        ->setAccessToken($status === 401 ? 'wrong' : getenv('ACQUIRE_API_KEY'));
    $failure = null;
    $outcome = observe(static function (Client $http) use ($run, $configuration, &$failure): void {
        try {
            $run($http, $configuration);
        } catch (LogicException $wrong) {
            $failure = $wrong;
        }
    });
    if ($failure !== null) {
        throw $failure;
    }
    check([$outcome->delivery, $outcome->nextStep, $outcome->status] === [$delivery, $nextStep, $status], $outcome);
}

function message(int $case, string $text): ChatMessageRequest
{
    $content = new NewChatMessage(['type' => ChatMessageType::MESSAGE, 'message' => $text]);
    return new ChatMessageRequest(['case_id' => $case, 'message' => $content]);
}

function errorCode(mixed $answer): ?string
{
    check($answer instanceof ApiError, $answer);
    return $answer->getError()->getCode();
}

call('accepted', 'none', 200, static function (Client $http, Configuration $configuration): void {
    $asAgent = (new ChatApi($http, $configuration))->sendChatMessage(message(2069, 'Hey'), UserType::USER);
    check($asAgent->getData()->getMessage() === 'Hey', $asAgent);
});
call('accepted', 'none', 200, static function (Client $http, Configuration $configuration): void {
    $asContact = (new ChatApi($http, $configuration))
        ->sendChatMessage(message(2069, 'Hi'), UserType::CONTACT, contact_id: 597759);
    check($asContact->getData()->getCaseId() === 2069, $asContact);
});
call('accepted', 'none', 200, static function (Client $http, Configuration $configuration): void {
    $mail = new NewMailMessage([
        'case_id' => 1128,
        'contact_id' => 9156860,
        'from' => 'test@acquire.io',
        'to' => ['user@gmail.com'],
        'cc' => [],
        'bcc' => [],
        'subject' => 'test',
        'type' => MailMessageType::MESSAGE,
        'html_body' => '<p>Hi</p>',
    ]);
    $sent = (new MailApi($http, $configuration))->sendMailMessage(new MailMessageRequest(['data' => $mail]));
    check($sent->getData()->getSubject() === 'test', $sent);
});
call('accepted', 'none', 200, static function (Client $http, Configuration $configuration): void {
    $sms = new SmsRequest([
        'thread_id' => 2219,
        'contact_id' => 751069,
        'timeline_id' => 2108,
        'capitalizedFrom' => '+12513188609',
        'capitalizedTo' => '+919666929552',
        'capitalizedBody' => 'hi',
    ]);
    $sent = (new SmsApi($http, $configuration))->sendSms($sms, UserType::USER)->getData()->getData();
    check($sent->getCaseId() === 2219 && $sent->getSnakeCaseId() === 2219, $sent);
    check($sent->getMeta()->getCapitalizedTo() === '+919666929552', $sent);
    check($sent->getMeta()->getTo() === '+919666929552', $sent);
});
// It returns the body of a refusal, or throws, by how Guzzle is set.
call('refused', 'fix_message', 400, static function (Client $http, Configuration $configuration): void {
    try {
        $refused = (new ChatApi($http, $configuration))->sendChatMessage(message(27, 'Hey'));
    } catch (ApiException $error) {
        check($error->getCode() === 400, $error);
        $refused = $error->getResponseObject();
    }
    check(errorCode($refused) === 'ERROR_INVALID_INPUT', $refused);
});
call('refused', 'fix_setup', 401, static function (Client $http, Configuration $configuration): void {
    try {
        $refused = (new ChatApi($http, $configuration))->sendChatMessage(message(2069, 'Hey'));
    } catch (ApiException $error) {
        check($error->getCode() === 401, $error);
        $refused = $error->getResponseObject();
    }
    check(errorCode($refused) === 'ERROR_UNAUTHORIZED', $refused);
});
call('unknown', 'look_first', 307, static function (Client $http, Configuration $configuration): void {
    $request = (new ChatApi($http, $configuration))->sendChatMessageRequest(message(2069, 'Hey'));
    $redirected = $http->send($request->withHeader('x-acquire-sandbox-fault', getenv('REDIRECT')));
    check($redirected->getStatusCode() === 307, $redirected);
});
