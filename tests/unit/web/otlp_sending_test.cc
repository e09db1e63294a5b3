// The settings of the export of spans, the queue, the rules for answers, and the thread that sends.
#include <doctest/doctest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "client/web/otlp/retry_rules.h"
#include "client/web/otlp/settings.h"
#include "client/web/otlp/span_queue.h"
#include "client/web/otlp/span_sender.h"

namespace forkmill::web::otlp_sending_test {
namespace {

using namespace forkmill::web::otlp;
using namespace std::chrono_literals;

using Environment = std::map<std::string, std::string>;

std::optional<Settings> read(const std::string& endpoint, const Environment& environment = {}) {
  return read_settings(endpoint, Tasks::traced, [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
  });
}

std::string refusal(const std::string& endpoint, const Environment& environment = {}) {
  try {
    read(endpoint, environment);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("spans are exported if the command line or the environment has an endpoint") {
  CHECK_FALSE(read(""));
  CHECK_FALSE(read("", {{"OTEL_EXPORTER_OTLP_HEADERS", "a=b"}}));
  CHECK(read("http://localhost:4318")->url == "http://localhost:4318/v1/traces");
  CHECK(read("https://[::1]:4318/otlp/")->url == "https://[::1]:4318/otlp/v1/traces");
  const Environment environment{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://general:4318"}};
  CHECK(read("", environment)->url == "http://general:4318/v1/traces");
  CHECK(read("http://flag:1", environment)->url == "http://flag:1/v1/traces");
  CHECK(read("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://general:4318"},
                  {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:9/as/it/is"}})
            ->url == "http://traces:9/as/it/is");
}

TEST_CASE("an endpoint that is no URL of HTTP is refused, with the setting that has it") {
  for (const char* wrong : {"localhost:4318", "grpc://localhost:4317", "http://", "http://:4318", "http:///v1",
                            "http://a b", "http://a\n", "http://a#b"}) {
    CAPTURE(wrong);
    CHECK(mentions(refusal(wrong), "--otlp-endpoint: "));
    CHECK(mentions(refusal("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", wrong}}), "OTEL_EXPORTER_OTLP_ENDPOINT: "));
  }
  const auto text = refusal("http://user:secret@host:1");
  CHECK(mentions(text, "OTEL_EXPORTER_OTLP_HEADERS"));
  CHECK_FALSE(mentions(text, "secret"));
}

TEST_CASE("headers and attributes are those of the environment, with escapes") {
  const auto settings = read("http://a:1", {{"OTEL_EXPORTER_OTLP_HEADERS", " api-key = se%63ret%2C , x=a=b,,"},
                                            {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"},
                                            {"OTEL_RESOURCE_ATTRIBUTES", "service.name=one,deployment=test%20run"},
                                            {"OTEL_SERVICE_NAME", "two"}});
  REQUIRE(settings);
  CHECK(settings->headers == std::vector<std::pair<std::string, std::string>>{{"api-key", "secret,"}, {"x", "a=b"}});
  CHECK(settings->certificate == "/ca.pem");
  CHECK(settings->resource.at("service.name") == "two");
  CHECK(settings->resource.at("deployment") == "test run");
  CHECK(read("http://a:1", {{"OTEL_RESOURCE_ATTRIBUTES", "service.name=one"}})->resource.at("service.name") == "one");
  CHECK(read("http://a:1")->resource.at("service.name") == "forkmill");
  CHECK(read("http://a:1", {{"OTEL_EXPORTER_OTLP_HEADERS", "a=1"}, {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"}})
            ->headers.at(0)
            .first == "b");
}

TEST_CASE("wrong headers are refused, without their values") {
  for (const char* wrong : {"secret", "=secret", "a b=secret", "a=secret%", "a=secret%0d%0aX: y", "a=secret%zz"}) {
    CAPTURE(wrong);
    const auto text = refusal("http://a:1", {{"OTEL_EXPORTER_OTLP_HEADERS", wrong}});
    CHECK(mentions(text, "OTEL_EXPORTER_OTLP_HEADERS: "));
    CHECK_FALSE(mentions(text, "secret"));
  }
}

TEST_CASE("a batch is due when it is full or its first span is old, and has no more than it may") {
  const SpanQueue::Time now{};
  SpanQueue queue{{.spans = 5, .bytes = 100, .batch_spans = 2, .batch_bytes = 30, .batch_age = 1s}};
  CHECK_FALSE(queue.due_at());
  CHECK(queue.pop_batch().empty());
  CHECK(queue.push("one", now));
  CHECK(queue.due_at() == now + 1s);
  CHECK(queue.push("two", now + 500ms));
  CHECK(queue.due_at() == now);
  CHECK(queue.push("three", now + 600ms));
  CHECK(queue.pop_batch() == std::vector<std::string>{"one", "two"});
  CHECK(queue.due_at() == now + 1600ms);
  CHECK(queue.push(std::string(29, 'x'), now + 700ms));
  CHECK(queue.due_at() == now + 600ms);  // by its bytes
  CHECK(queue.pop_batch() == std::vector<std::string>{"three"});
  CHECK(queue.push(std::string(50, 'y'), now));
  CHECK(queue.pop_batch().size() == 1);
  CHECK(queue.pop_batch() == std::vector<std::string>{std::string(50, 'y')});  // larger than a batch: on its own
  CHECK(queue.size() == 0);
}

TEST_CASE("the queue is bounded in number and bytes, and has room again when spans leave it") {
  const SpanQueue::Time now{};
  SpanQueue few{{.spans = 2, .bytes = 100, .batch_spans = 1}};
  CHECK(few.push("a", now));
  CHECK(few.push("b", now));
  CHECK_FALSE(few.push("c", now));
  few.pop_batch();
  CHECK(few.push("d", now));
  SpanQueue small{{.spans = 10, .bytes = 10, .batch_spans = 1}};
  CHECK(small.push("12345", now));
  CHECK(small.push("67890", now));
  CHECK_FALSE(small.push("x", now));
  small.pop_batch();
  CHECK(small.push("abcde", now));
}

TEST_CASE("a request is sent again if the collector is away or has too much to do, and only then") {
  for (const long status : {200L, 202L}) CHECK(fate_of(status) == Fate::delivered);
  for (const long status : {0L, 429L, 502L, 503L, 504L}) CHECK(fate_of(status) == Fate::retry);
  for (const long status : {302L, 400L, 401L, 404L, 413L, 500L, 501L}) CHECK(fate_of(status) == Fate::rejected);
}

TEST_CASE("pauses grow, are spread, bounded, and no shorter than the collector asks for") {
  RetryBackoff backoff;
  CHECK(backoff.next(0s, 0) == 250ms);
  CHECK(backoff.next(0s, 500) == 1000ms);
  CHECK(backoff.next(7s, 0) == 7s);
  for (int i = 0; i < 100; ++i) {
    const auto pause = backoff.next(0s, static_cast<std::uint64_t>(i) * 7919);
    CHECK(pause >= 2s);
    CHECK(pause <= RetryBackoff::kLongest);
  }
  CHECK(backoff.next(0s, 0) == 15s);
  CHECK(backoff.next(24h, 0) == RetryBackoff::kLongestAsked);
  CHECK(backoff.next(-5s, 0) == 15s);
  backoff.reset();
  CHECK(backoff.next(0s, 0) == 250ms);
}

namespace {

// A collector with answers that the test has written down; the last one is that to all further requests.
class FakeCollector final : public Collector {
 public:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Answer> answers{};
    std::vector<std::size_t> spans{};  // how many each request had

    // Waits until there were as many requests, and returns the number of spans of each.
    std::vector<std::size_t> after(std::size_t requests) {
      std::unique_lock lock{mutex};
      changed.wait(lock, [&] { return spans.size() >= requests; });
      return spans;
    }
  };

  explicit FakeCollector(Shared& shared) : shared_{shared} {}

  Answer post(const std::string& body, std::chrono::milliseconds, const std::atomic<bool>&) override {
    const auto json = nlohmann::json::parse(body);
    const std::lock_guard lock{shared_.mutex};
    shared_.spans.push_back(json.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").size());
    auto answer = shared_.answers.front();
    if (shared_.answers.size() > 1) shared_.answers.pop_front();
    shared_.changed.notify_all();
    return answer;
  }

 private:
  Shared& shared_;
};

Collector::Answer answer(long status, std::string body = "") { return {.status = status, .body = std::move(body)}; }

}  // namespace

TEST_CASE("what is not taken is sent again, and what is refused is dropped and counted") {
  FakeCollector::Shared shared;
  shared.answers = {answer(503), answer(0), answer(200), answer(400),
                    answer(200, R"({"partialSuccess":{"rejectedSpans":"1"}})")};
  Settings settings{.url = "http://fake"};
  SpanSender sender{settings, std::make_unique<FakeCollector>(shared), {.batch_spans = 2}};
  sender.push({"{}", "{}"});
  CHECK(shared.after(3) == std::vector<std::size_t>{2, 2, 2});
  sender.push({"{}", "{}"});
  shared.after(4);
  sender.push({"{}", "{}"});
  shared.after(5);
  sender.push({"{}", "{}"});
  shared.after(6);  // the requests before are counted now
  const auto counts = sender.counts();
  CHECK(counts.retried == 2);
  CHECK(counts.refused == 1);
  CHECK(counts.delivered >= 2);
  CHECK(counts.exported >= 3);
  CHECK(counts.rejected >= 3);
  CHECK(counts.overflowed == 0);
}

TEST_CASE("a sender drops what its queue has no room for, and says farewell with what it has") {
  FakeCollector::Shared shared;
  shared.answers = {answer(200)};
  {
    SpanSender sender{
        Settings{.url = "http://fake"}, std::make_unique<FakeCollector>(shared), {.spans = 3, .batch_age = 1h}};
    sender.push({"{}", "{}", "{}", "{}", "{}"});
    const auto counts = sender.counts();
    CHECK(counts.overflowed == 2);
    CHECK(counts.waiting == 3);
  }
  CHECK(shared.after(1) == std::vector<std::size_t>{3});
}

TEST_CASE("a sender that ends does not wait for a collector that is away") {
  FakeCollector::Shared shared;
  shared.answers = {answer(503)};
  {
    SpanSender sender{Settings{.url = "http://fake"}, std::make_unique<FakeCollector>(shared), {.batch_spans = 1}};
    sender.push({"{}", "{}"});
    shared.after(1);
  }
  const auto requests = shared.after(1).size();
  CHECK(requests >= 2);  // once more at the end
  CHECK(requests < 10);
}

}  // namespace forkmill::web::otlp_sending_test
