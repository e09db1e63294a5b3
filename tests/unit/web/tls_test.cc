#include "client/web/http/tls.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/folder.h"

namespace forkmill::web::tls_test {
namespace {

TEST_CASE("a key that all users may read is refused, one that its group may read is not") {
  const tests::Folder folder;
  const auto certificate = folder.path() + "/web.crt";
  const auto key = folder.path() + "/web.key";
  std::ofstream{certificate} << "certificate";
  std::ofstream{key} << "key";
  REQUIRE(::chmod(certificate.c_str(), 0644) == 0);
  REQUIRE(::chmod(key.c_str(), 0644) == 0);
  CHECK_THROWS_WITH(read_tls(certificate, key), doctest::Contains("web.key: all users may read it"));
  REQUIRE(::chmod(key.c_str(), 0640) == 0);
  const auto tls = read_tls(certificate, key);
  CHECK(tls.certificates == "certificate");
  CHECK(tls.key == "key");
  CHECK(tls.is_on());
}

TEST_CASE("files of TLS that are missing, empty or no files are refused") {
  const tests::Folder folder;
  const auto certificate = folder.path() + "/web.crt";
  std::ofstream{certificate} << "certificate";
  std::ofstream{folder.path() + "/empty"} << "";
  REQUIRE(::chmod((folder.path() + "/empty").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_tls(certificate, folder.path() + "/empty"), doctest::Contains("/empty: it is empty"));
  CHECK_THROWS_WITH(read_tls(certificate, folder.path()), doctest::Contains("it is not a regular file"));
  CHECK_THROWS_WITH(read_tls(folder.path() + "/none", certificate), doctest::Contains("/none: No such file"));
}

}  // namespace
}  // namespace forkmill::web::tls_test
