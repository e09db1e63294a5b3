#include "client/web/access/tokens.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/folder.h"

namespace forkmill::web::tokens_test {
namespace {

constexpr const char* kSecret = "0123456789abcdef";

TEST_CASE("a token file names users and their secrets") {
  const Tokens tokens{"# operators\n\nanna  0123456789abcdef\nfedcba9876543210\n"};
  CHECK(tokens.user_of("Bearer 0123456789abcdef") == "anna");
  CHECK(tokens.user_of("Bearer fedcba9876543210") == "token");
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Bearer 0123456789abcdef0",
                            "bearer 0123456789abcdef", "Basic 0123456789abcdef", "0123456789abcdef"})
    CHECK_MESSAGE(!tokens.user_of(wrong), wrong);
}

TEST_CASE("short secrets, lines of three words and empty files are refused") {
  for (const char* text : {"", "# only a comment\n", "anna 0123456789abcde\n", "anna berta 0123456789abcdef\n",
                           "anna 0123456789abcdef;x\n"})
    CHECK_THROWS_AS(Tokens{text}, std::invalid_argument);
  CHECK_THROWS_WITH(Tokens{"0123456789abcdef\nshort\n"}, "line 2: a secret has at least 16 characters");
}

TEST_CASE("a token file that others may read, or that is another user's, is refused") {
  const tests::Folder folder;
  const auto path = folder.path() + "/tokens";
  std::ofstream{path} << kSecret << "\n";
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK_THROWS_WITH(read_tokens(path), "others than its owner may read it; chmod 600 it");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(read_tokens(path).user_of("Bearer 0123456789abcdef") == "token");
  if (::geteuid() == 0) {
    REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
    CHECK_THROWS_WITH(read_tokens(path),
                      "it belongs to another user (uid 65534), who could change it; use a file of your own");
  }
  CHECK_THROWS(read_tokens(path + ".none"));
  CHECK_THROWS(read_tokens(folder.path()));
}

TEST_CASE("secrets are the same only if all of their bytes are") {
  CHECK(is_same_secret("", ""));
  CHECK(is_same_secret(kSecret, kSecret));
  CHECK(!is_same_secret(kSecret, "0123456789abcdeg"));
  CHECK(!is_same_secret(kSecret, ""));
}

}  // namespace
}  // namespace forkmill::web::tokens_test
