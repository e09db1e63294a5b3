#include "client/web/access/audit.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "tests/folder.h"

namespace forkmill::web {
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

TEST_CASE("an audit log that cannot be opened is an error") {
  const tests::Folder folder;
  CHECK_THROWS_AS(Audit{folder.path() + "/none/audit"}, std::system_error);
  CHECK_THROWS_AS(Audit{folder.path()}, std::system_error);
}

}  // namespace
}  // namespace forkmill::web
