// The lines that the broker logs about who may reach it, as time passes.
#include "broker/access_control.h"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace access_control_test {

using namespace forkmill;
using namespace forkmill::broker;
using namespace std::chrono_literals;

namespace {

// AccessControl of a broker, whose time the test sets, and its log.
class Site {
 public:
  explicit Site(bool open_to_all) : options_{with(open_to_all)} { log_->set_pattern("%v"); }

  // Returns the lines that are logged at this time.
  std::vector<std::string> tick(proto::Instant at, const std::vector<std::string>& endpoints) {
    text_.str("");
    control_.tick({at, proto::milliseconds{0}}, endpoints);
    std::vector<std::string> lines;
    std::istringstream text{text_.str()};
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  proto::Instant next_wakeup() const { return control_.next_wakeup(); }

 private:
  static ProgramOptions with(bool open_to_all) {
    ProgramOptions options;
    options.authentication.open_to_all = open_to_all;
    return options;
  }

  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> log_ =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
  const ProgramOptions options_;
  AuditLog audit_{AuditOptions{}, log_};
  AccessControl control_{options_, log_, audit_};
};

const std::vector<std::string> kEndpoints{"tcp://127.0.0.1:7117", "ipc:///run/forkmill/broker", "tcp://[::1]:7117"};

}  // namespace

TEST_CASE("endpoints that are open to any program are warned of at the start, and again each minute") {
  Site site{true};
  for (const proto::Instant minute : {0min, 1min, 2min}) {
    const auto lines = site.tick(minute, kEndpoints);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].find("--insecure: any program that can connect to tcp://127.0.0.1:7117 may") == 0);
    CHECK(lines[1].find("--insecure: any program that can connect to tcp://[::1]:7117 may") == 0);
    CHECK(site.next_wakeup() == minute + 1min);
    CHECK(site.tick(minute + 59s, kEndpoints).empty());
  }
  CHECK(site.tick(10min, kEndpoints).size() == 2);  // a broker that has slept warns once
  CHECK(site.tick(10min + 1s, kEndpoints).empty());
}

TEST_CASE("there is no warning of endpoints that want keys, or that are for one user") {
  SUBCASE("keys") {
    Site site{false};
    CHECK(site.tick(0s, kEndpoints).empty());
    CHECK(site.next_wakeup() == proto::kNever);
  }
  SUBCASE("one user") {
    Site site{true};
    CHECK(site.tick(0s, {kEndpoints[1]}).empty());
    CHECK(site.next_wakeup() == proto::kNever);
  }
}

}  // namespace access_control_test
