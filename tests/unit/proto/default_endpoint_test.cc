#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>

#include "proto/os/waiter.h"
#include "proto/transport/dealer.h"
#include "proto/transport/default_endpoint.h"
#include "proto/transport/errors.h"
#include "proto/transport/router.h"
#include "tests/folder.h"

namespace default_endpoint_test {

using namespace forkmill::proto;
namespace fs = std::filesystem;

namespace {

// Names the runtime directory of this user until the object is destroyed.
class RuntimeDirectory {
 public:
  explicit RuntimeDirectory(const std::string& path) {
    if (const char* before = std::getenv("XDG_RUNTIME_DIR"); before != nullptr) before_ = before;
    ::setenv("XDG_RUNTIME_DIR", path.c_str(), 1);
  }
  ~RuntimeDirectory() { before_ ? ::setenv("XDG_RUNTIME_DIR", before_->c_str(), 1) : ::unsetenv("XDG_RUNTIME_DIR"); }
  RuntimeDirectory(const RuntimeDirectory&) = delete;
  RuntimeDirectory& operator=(const RuntimeDirectory&) = delete;

 private:
  std::optional<std::string> before_;
};

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const TransportError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 0777;
}

}  // namespace

TEST_CASE("broker and clients of a user meet at the default endpoint, which other users cannot enter") {
  const forkmill::tests::Folder folder;
  const RuntimeDirectory named{folder.path()};
  const std::string endpoint = default_endpoint();
  CHECK(endpoint == "ipc://" + folder.path("forkmill/broker"));
  CHECK_FALSE(folder.has("forkmill"));
  Dealer dealer{endpoint};  // the client may be the first
  CHECK(mode_of(folder.path("forkmill")) == 0700);
  Router router;
  const mode_t before = ::umask(0);
  CHECK(router.bind(endpoint) == endpoint);
  CHECK(::umask(before) == 0);
  CHECK(mode_of(folder.path("forkmill/broker")) == 0600);
  Waiter waiter;
  waiter.add(dealer.fd(), 1);
  std::optional<Dealer::LinkEvent> event;
  while (!(event = dealer.link_event()))
    if (!dealer.pending()) REQUIRE_FALSE(waiter.wait(std::chrono::seconds{10}).empty());
  CHECK(*event == Dealer::LinkEvent::up);
}

TEST_CASE("a socket is for its user only, with any umask and in any folder") {
  const forkmill::tests::Folder folder;
  const mode_t before = ::umask(0);
  Router router;
  router.bind("ipc://" + folder.path("socket"));
  ::umask(before);
  CHECK(mode_of(folder.path("socket")) == 0600);
}

TEST_CASE("a runtime directory that is relative, missing, of another user or too long for a socket is not used") {
  const forkmill::tests::Folder folder;
  const auto own = [] { return default_endpoint(); };
  std::string usual;
  {
    const RuntimeDirectory named{""};
    usual = own();
  }
  const std::string uid = std::to_string(::geteuid());
  CHECK((usual == "ipc:///run/forkmill/broker" || usual == "ipc:///run/user/" + uid + "/forkmill/broker" ||
         usual == "ipc:///tmp/forkmill-" + uid + "/broker"));
  const std::string long_path = folder.path(std::string(100, 'x'));
  fs::create_directory(long_path);
  fs::create_directory_symlink(folder.path(), folder.path("link"));
  for (const std::string& path : {std::string{"run"}, folder.path("none"), folder.path("link"), long_path}) {
    const RuntimeDirectory named{path};
    CHECK_MESSAGE(own() == usual, path);
  }
  if (::geteuid() != 0) return;
  fs::create_directory(folder.path("other"));
  REQUIRE(::chown(folder.path("other").c_str(), 65534, 65534) == 0);
  const RuntimeDirectory named{folder.path("other")};
  CHECK(own() == usual);
}

TEST_CASE("a folder of the default endpoint that other users could use is refused with what to do") {
  const forkmill::tests::Folder folder;
  const RuntimeDirectory named{folder.path()};
  const std::string path = folder.path("forkmill");
  const auto refusal = [] {
    Router router;
    auto of_broker = error_of([&] { router.bind(default_endpoint()); });
    CHECK(error_of([&] { Dealer{default_endpoint()}; }) == of_broker);
    CHECK(contains(of_broker, "FORKMILL_BROKER"));
    return of_broker;
  };
  fs::create_directory(folder.path("elsewhere"));
  fs::create_directory_symlink(folder.path("elsewhere"), path);
  CHECK(contains(refusal(), path + ", the folder of the default endpoint: it is a symbolic link"));
  CHECK(fs::is_empty(folder.path("elsewhere")));
  fs::remove(path);
  folder.touch("forkmill");
  CHECK(contains(refusal(), "it is not a folder"));
  fs::remove(path);
  fs::create_directory(path);
  fs::permissions(path, fs::perms{0750});
  CHECK(contains(refusal(), "Run `chmod 700 " + path + "`"));
  fs::permissions(path, fs::perms{0700});
  if (::geteuid() != 0) return;
  REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  CHECK(contains(refusal(), "it belongs to another user (uid 65534)"));
}

}  // namespace default_endpoint_test
