#include <doctest/doctest.h>
#include <forkmill/errors.h>
#include <forkmill/submit_options.h>

#include "client/engine/options.h"
#include "proto/transport/default_endpoint.h"

namespace submit_options_test {

using namespace forkmill;
using namespace std::chrono_literals;

namespace {

std::string complaint(const SubmitOptions& options) {
  try {
    validate(options);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}
bool names(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the defaults of SubmitOptions are those of the protocol") {
  const auto prepared = client::prepare({});
  CHECK(prepared.queue == "default");
  CHECK(prepared.options == proto::TaskOptions{});
}

TEST_CASE("every option is sent") {
  const auto prepared = client::prepare({.queue = "q",
                                         .priority = -7,
                                         .delay = 2s,
                                         .not_before = std::chrono::system_clock::time_point{5s},
                                         .max_attempts = 4,
                                         .backoff = 200ms,
                                         .soft_timeout = 1min,
                                         .timeout = 2min,
                                         .expires = 1h,
                                         .durability = Durability::durable,
                                         .key = "k",
                                         .retry_errors = true,
                                         .at_most_once = true,
                                         .result_ttl = 10min});
  CHECK(prepared.queue == "q");
  const auto& task = prepared.options;
  CHECK(task.priority == -7);
  CHECK(task.delay == 2s);
  CHECK(task.not_before == 5s);
  CHECK(task.max_attempts == 4);
  CHECK(task.backoff == proto::Backoff{200ms, 60s, 20});
  CHECK(task.soft_timeout == 1min);
  CHECK(task.timeout == 2min);
  CHECK(task.expires == 1h);
  CHECK(task.durability == proto::Durability::durable);
  CHECK(task.key == "k");
  CHECK(task.retry_errors);
  CHECK(task.at_most_once);
  CHECK(task.result_ttl == 10min);
}

TEST_CASE("a backoff longer than the default cap raises the cap") {
  CHECK(client::prepare({.backoff = 5min}).options.backoff.most == 5min);
  CHECK(client::prepare({.backoff = {1s, 2s, 0.5}}).options.backoff == proto::Backoff{1s, 2s, 50});
}

TEST_CASE("a value out of range is refused by the name of its option") {
  CHECK(names(complaint({.queue = ""}), "queue name ''"));
  CHECK(names(complaint({.queue = "a b"}), "'a b'"));
  CHECK(names(complaint({.priority = 101}), "priority is 101"));
  CHECK(names(complaint({.priority = -101}), "-100"));
  CHECK(names(complaint({.delay = -1ms}), "delay is -1 ms"));
  CHECK(names(complaint({.delay = 24h * 367}), "delay"));
  CHECK(names(complaint({.max_attempts = 0}), "max_attempts is 0"));
  CHECK(names(complaint({.max_attempts = 1001}), "1000"));
  CHECK(names(complaint({.backoff = {1s, 2s, 1.5}}), "backoff.jitter"));
  CHECK(names(complaint({.backoff = -1s}), "backoff is"));
  CHECK(names(complaint({.timeout = -1s}), "timeout"));
  CHECK(names(complaint({.durability = static_cast<Durability>(3)}), "durability is 3"));
  CHECK(names(complaint({.key = std::string(129, 'k')}), "key has 129 bytes"));
  CHECK(complaint({.queue = "text:a/b-c_d.e", .priority = 100, .key = std::string(128, 'k')}).empty());
}

TEST_CASE("the options of a client are completed and checked") {
  CHECK_THROWS_AS(client::completed({.max_outstanding = 0}), Error);
  CHECK(client::completed({.endpoint = "ipc://x"}).endpoint == "ipc://x");
  CHECK_FALSE(client::completed({}).name.empty());
  ::setenv("FORKMILL_BROKER", "tcp://elsewhere:1", 1);
  CHECK(client::completed({}).endpoint == "tcp://elsewhere:1");
  ::unsetenv("FORKMILL_BROKER");
  CHECK(client::completed({}).endpoint == proto::default_endpoint());
}

}  // namespace submit_options_test
