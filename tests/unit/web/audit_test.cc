#include "client/web/access/audit.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "tests/folder.h"

namespace forkmill::web::audit_test {
namespace {

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

TEST_CASE("the audit log has a line for each event, also after it was moved away") {
  const tests::Folder folder;
  const auto path = folder.path() + "/audit.jsonl";
  Audit audit{path};
  audit.write({{"user", "anna"}, {"note", "two\nlines \xff"}});
  CHECK(contents(path) == "{\"user\":\"anna\",\"note\":\"two\\nlines \xef\xbf\xbd\"}\n");
  std::filesystem::rename(path, path + ".1");
  audit.write({{"user", "berta"}, {"note", ""}});
  CHECK(contents(path) == "{\"user\":\"berta\",\"note\":\"\"}\n");
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("the newest acts are remembered: with their ends, or as under way") {
  const tests::Folder folder;
  Audit audit{folder.path() + "/audit.jsonl"};
  const auto write = [&](int number, const char* event) {
    audit.write({{"at_ms", number}, {"user", "anna"}, {"path", number}, {"event", event}});
  };
  write(1, "begin");
  write(2, "begin");
  write(1, "end");
  const auto acts = audit.newest(10);
  REQUIRE(acts.size() == 2);
  CHECK(acts[0].at("event") == "begin");
  CHECK(acts[0].at("path") == 2);
  CHECK(acts[1].at("event") == "end");
  CHECK(audit.newest(1).size() == 1);
  for (int i = 0; i < static_cast<int>(Audit::kMaxActs); ++i) write(100 + i, "begin");
  CHECK(audit.newest(1000).size() == Audit::kMaxActs);
  CHECK(audit.newest(1000).back().at("path") == 100);
  audit.write({{"event", "begin"}, {"body", std::string(Audit::kMaxBytes - 100, 'x')}});
  CHECK(audit.newest(1000).size() < 10);
}

TEST_CASE("acts of before a start are remembered, and lines that are none are not") {
  const tests::Folder folder;
  const auto path = folder.path() + "/audit.jsonl";
  const auto act = [](const char* event, int number) {
    return nlohmann::ordered_json{{"at_ms", number}, {"user", "anna"}, {"peer", "::1"},
                                  {"route", "/r"},   {"path", number}, {"event", event}};
  };
  {
    Audit audit{path};
    for (const char* event : {"begin", "end"}) audit.write(act(event, 1));
    audit.write(act("begin", 2));
    audit.write({{"user", "anna"}, {"event", "end"}});
  }
  std::ofstream{path, std::ios::app} << "[]\nno JSON\n{\"route\":7}\n\n{\"at_ms\":1,\"us";
  const auto acts = Audit{path}.newest(10);
  REQUIRE(acts.size() == 2);
  CHECK(acts[0].at("path") == 2);
  CHECK(acts[0].at("event") == "end");
  CHECK(acts[0].at("error") == "gateway_ended");  // its end is not known
  CHECK(acts[1].at("path") == 1);
  CHECK(acts[1].at("event") == "end");
  CHECK_FALSE(acts[1].contains("error"));
  {
    Audit audit{path};
    audit.write(act("begin", 3));
    for (int i = 0; i < 3; ++i) {
      auto large = act("end", 4 + i);
      large["body"] = std::string(Audit::kMaxBytes / 2, 'x');
      audit.write(large);
    }
  }
  const auto last = Audit{path}.newest(10);
  REQUIRE(last.size() == 1);  // only a part of the one before was read
  CHECK(last[0].at("path") == 6);
}

TEST_CASE("an audit log that cannot be opened is an error") {
  const tests::Folder folder;
  CHECK_THROWS_AS(Audit{folder.path() + "/none/audit"}, std::system_error);
  CHECK_THROWS_AS(Audit{folder.path()}, std::system_error);
}

}  // namespace
}  // namespace forkmill::web::audit_test
