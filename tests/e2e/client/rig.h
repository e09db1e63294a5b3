// A broker, a worker's side and a client, and a few tasks that all tests use.
#pragma once

#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <chrono>
#include <string>

#include "tests/e2e/client/broker_process.h"
#include "tests/e2e/client/fake_worker.h"
#include "tests/eventually.h"

namespace forkmill::tests {

using namespace std::chrono_literals;

inline constexpr Task<double(double, double)> kAdd{"math.add"};
inline constexpr Task<std::string(std::string)> kEcho{"test.echo"};
inline constexpr Task<void()> kNothing{"test.nothing"};
inline constexpr Task<int(int)> kFail{"test.fail"};

struct Rig {
  explicit Rig(std::vector<std::string> broker_arguments = {}) : broker{std::move(broker_arguments)} {
    worker.on(kAdd, [](double a, double b) { return a + b; });
    worker.on(kEcho, [](std::string text) { return text; });
    worker.on(kNothing, [] {});
    worker.on_raw("test.fail", kFail.signature(), [](FakeWorker& me, const proto::GrantedTask& task) {
      me.progress(task, 0.5, "half");
      proto::Outcome outcome;
      outcome.kind = proto::OutcomeKind::failed;
      outcome.error = proto::ErrorReport{Errc::handler_error, "std::out_of_range", "at", "", "", {}};
      return outcome;
    });
    worker.start();
  }
  ClientOptions options() const {
    ClientOptions made;
    made.endpoint = broker.endpoint();
    return made;
  }

  BrokerProcess broker;
  FakeWorker worker{broker.endpoint()};
  Client client{broker.endpoint()};
};

}  // namespace forkmill::tests
