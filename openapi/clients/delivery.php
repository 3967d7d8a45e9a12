<?php
/**
 * Returns the outcome of a message that a generated client sends through Acquire with Guzzle.
 *
 * Copy this file: it needs PHP 8.1 or newer, Guzzle 7 and curl. openapi/README.md describes it.
 */
declare(strict_types=1);

namespace Acquire\Delivery;

use GuzzleHttp\Client;
use GuzzleHttp\Exception\ConnectException;
use GuzzleHttp\Exception\RequestException;
use GuzzleHttp\HandlerStack;
use GuzzleHttp\Promise\Create;
use GuzzleHttp\Psr7\Utils;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseInterface;

/** The outcome of a message, and the next step. */
final class Outcome
{
    /**
     * @param string $delivery `accepted`, `refused`, `not_sent` or `unknown`
     * @param string $nextStep `none`, `send_again`, `fix_message`, `fix_setup` or `look_first`
     * @param int $after seconds to wait before `send_again`
     * @param int|null $status null without an answer
     * @param string $body the part of the answer that was received; it may repeat the message: keep it out of logs
     * @param \Throwable|null $error the error if no answer came
     */
    public function __construct(
        public readonly string $delivery,
        public readonly string $nextStep,
        public readonly int $after = 0,
        public readonly ?int $status = null,
        public readonly string $body = '',
        public readonly ?\Throwable $error = null,
    ) {
    }
}

/**
 * Runs one call of a generated client, and returns the outcome of its message. The call must use the HTTP client that it
 * gets, which sends once, follows no redirect and has this time limit. What the call throws is not the verdict.
 *
 * @param callable(Client): mixed $call
 * @param float $limit in seconds
 */
function observe(callable $call, float $limit = 30): Outcome
{
    $outcome = null;
    $stack = HandlerStack::create();
    // Next to the handler, below the middleware that follows redirects and throws for a status.
    $stack->push(static function (callable $handler) use (&$outcome): callable {
        return static function (RequestInterface $request, array $options) use ($handler, &$outcome) {
            if ($outcome !== null) {
                $second = 'one message at a time: this was a second request';
                return Create::rejectionFor(new RequestException($second, $request));
            }
            $outcome = new Outcome('unknown', 'look_first');
            // If curl succeeds without an answer, for example because a head is cut, Guzzle sends again up to this number.
            $options['_curl_retries'] = 2;
            // The part of an answer that was received decides, even if Guzzle's error has no answer.
            $head = null;
            $body = Utils::streamFor(Utils::tryFopen('php://temp', 'w+'));
            $options['sink'] = $body;
            $options['on_headers'] = static function (ResponseInterface $response) use (&$head): void {
                $head = $response;
            };
            $judge = static function () use (&$head, $body): Outcome {
                $body->rewind();
                return ofAnswer($head->getStatusCode(), $body->getContents(), $head->getHeaderLine('Retry-After'));
            };
            return $handler($request, $options)->then(
                static function (ResponseInterface $response) use (&$outcome, $judge, $body): ResponseInterface {
                    $outcome = $judge();
                    $body->rewind();
                    return $response;
                },
                static function (\Throwable $error) use (&$outcome, &$head, $judge) {
                    $outcome = $head !== null ? $judge() : ofError($error);
                    return Create::rejectionFor($error);
                },
            );
        };
    });
    $client = new Client([
        'handler' => $stack,
        'allow_redirects' => false,
        'timeout' => $limit,
        // If the server has closed a reused connection, curl sends a POST again.
        'curl' => [CURLOPT_FRESH_CONNECT => true, CURLOPT_FORBID_REUSE => true],
    ]);
    $thrown = null;
    try {
        $call($client);
    } catch (\Throwable $error) {
        $thrown = $error;
    }
    // A call that did not use its client may have used another.
    $thrown ??= new \LogicException('the call did not use its client');
    return $outcome ?? new Outcome('unknown', 'look_first', error: $thrown);
}

/** The class of an error proves nothing: Guzzle also throws a ConnectException when no answer came. */
function ofError(\Throwable $error): Outcome
{
    $isOfCurl = $error instanceof RequestException || $error instanceof ConnectException;
    $context = $isOfCurl ? $error->getHandlerContext() : [];
    // Zero until there is a connection, including TLS.
    if (($context['pretransfer_time'] ?? 1) > 0) {
        return new Outcome('unknown', 'look_first', error: $error);
    }
    $isClosed = str_contains($context['error'] ?? '', 'reset by peer') || str_contains($context['error'] ?? '', 'SYSCALL');
    $isOfTls = in_array($context['errno'], [CURLE_SSL_CONNECT_ERROR, CURLE_SSL_PEER_CERTIFICATE], true) && !$isClosed;
    return new Outcome('not_sent', $isOfTls ? 'fix_setup' : 'send_again', error: $error);
}

/** The verdict on an answer. The body is the part that was received. */
function ofAnswer(int $status, string $body, string $retryAfter): Outcome
{
    $verdict = static fn (string $delivery, string $nextStep, int $after = 0) =>
        new Outcome($delivery, $nextStep, $after, $status, $body);
    if ($status >= 200 && $status < 300) {
        $text = ltrim(str_starts_with($body, "\xEF\xBB\xBF") ? substr($body, 3) : $body, "\t\n\f\r ");
        if ($text !== '' && $text[0] !== '{') {
            return $verdict('unknown', 'look_first');
        }
        return match (errorIn($text)) {
            'refusal' => $verdict('refused', 'fix_message'),
            'unclear' => $verdict('unknown', 'look_first'),
            null => $verdict('accepted', 'none'),
        };
    }
    return match (true) {
        // Proxies answer with 408, 460 and 499 after they passed the whole request on.
        $status < 400, $status > 499, in_array($status, [408, 460, 499], true) => $verdict('unknown', 'look_first'),
        $status === 429 => $verdict('refused', 'send_again', seconds($retryAfter)),
        in_array($status, [401, 403, 407], true) => $verdict('refused', 'fix_setup'),
        default => $verdict('refused', 'fix_message'),
    };
}

/** What the body of a 2xx says: a refusal is an error with a code or a message, and no data. */
function errorIn(string $text): ?string
{
    [$members, $isWhole] = members($text);
    if (!array_key_exists('error', $members) || $members['error'] === 'null' || isSomething($members['data'] ?? '')) {
        return null;
    }
    return $isWhole && hasReason($members['error']) ? 'refusal' : 'unclear';
}

function isSomething(string $data): bool
{
    return !in_array(preg_replace('/[\t\n\f\r ]/', '', $data), ['', 'null', 'false', '0', '""', '{}', '[]'], true);
}

function hasReason(string $json): bool
{
    $error = json_decode($json, true, 1 << 20, JSON_INVALID_UTF8_SUBSTITUTE);
    if (is_array($error) && array_is_list($error) && $error !== []) {
        $error = $error[0];
    }
    return is_string($error) ? $error !== '' : isset($error['code']) || isset($error['message']);
}

/**
 * The members of a JSON object as text, as far as it is valid. '' if the value of the last one is missing.
 *
 * @return array{array<string, string>, bool} and whether the object is complete
 */
function members(string $text): array
{
    $members = [];
    $at = 0;
    $next = static function () use ($text, &$at): string {
        $token = '/\G[\t\n\r ]*+("(?:[^"\\\\]|\\\\.)*+"|[{}[\]:,]|[^\t\n\r "{}[\]:,]++)/s';
        if (preg_match($token, $text, $found, 0, $at) !== 1) {
            return '';
        }
        $at += strlen($found[0]);
        return $found[1];
    };
    $isValid = static fn (string $json): bool => $json !== ''
        && (json_decode($json, true, 1 << 20, JSON_INVALID_UTF8_SUBSTITUTE) !== null || json_last_error() === JSON_ERROR_NONE
            // A lone surrogate is valid JSON.
            || json_last_error() === JSON_ERROR_UTF16);
    $separator = $next();
    while ($separator === '{' || $separator === ',') {
        $name = $next();
        if ($name === '}' && $separator === '{') {
            return [$members, true];
        }
        if ($name === '' || $name[0] !== '"' || !$isValid($name)) {
            return [$members, false];
        }
        $name = json_decode($name, flags: JSON_INVALID_UTF8_SUBSTITUTE) ?? '';
        $members[$name] = '';
        if ($next() !== ':') {
            return [$members, false];
        }
        $start = $at;
        $depth = 0;
        do {
            $token = $next();
            if ($token === '') {
                return [$members, false];
            }
            $depth += match ($token) {
                '{', '[' => 1,
                '}', ']' => -1,
                default => 0,
            };
        } while ($depth > 0);
        $value = trim(substr($text, $start, $at - $start), "\t\n\r ");
        if (!$isValid($value)) {
            return [$members, false];
        }
        $members[$name] = $value;
        $separator = $next();
    }
    return [$members, $separator === '}'];
}

/** How long to wait after a 429, in seconds, rounded up. Longer if `Retry-After` can't be parsed. */
function seconds(string $retryAfter): int
{
    if ($retryAfter === '') {
        return 5;
    }
    if (preg_match('/^\s*(\d{1,9})(?:\.(\d+))?\s*$/', $retryAfter, $found) === 1) {
        return (int) $found[1] + (trim($found[2] ?? '', '0') !== '' ? 1 : 0);
    }
    $date = \DateTimeImmutable::createFromFormat('D, d M Y H:i:s \G\M\T', trim($retryAfter), new \DateTimeZone('UTC'));
    return $date === false ? 10 : max(0, $date->getTimestamp() - time());
}
