#include "client/cli/dev/temp_home.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/folder.h"

namespace forkmill::cli::temp_home_test {
namespace {

namespace fs = std::filesystem;

void make_old(const std::string& path) {
  const timespec long_ago{.tv_sec = 1'000'000, .tv_nsec = 0};
  const timespec times[2] = {long_ago, long_ago};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

TEST_CASE("a temporary home is removed with its contents") {
  const forkmill::tests::Folder parent;
  std::string path;
  {
    const TempHome home{parent.path("")};
    path = home.path();
    CHECK(path.starts_with(parent.path("")));
    std::ofstream{path + "/file"} << "content";
    CHECK(fs::exists(path + "/file"));
  }
  CHECK(!fs::exists(path));
}

TEST_CASE("the homes of killed processes are removed, but not those that are in use or young, nor other directories") {
  const forkmill::tests::Folder parent;
  const auto left = parent.path("forkmill-dev.abandoned");
  const auto young = parent.path("forkmill-dev.young");
  const auto other = parent.path("other.folder");
  for (const auto& path : {left, young, other}) {
    fs::create_directory(path);
    std::ofstream{path + "/file"} << "content";
  }
  const TempHome used{parent.path("")};
  for (const auto& path : {left, other, used.path()}) make_old(path);
  const TempHome next{parent.path("")};
  CHECK(!fs::exists(left));
  CHECK(fs::exists(young));
  CHECK(fs::exists(other));
  CHECK(fs::exists(used.path()));
}

}  // namespace
}  // namespace forkmill::cli::temp_home_test
