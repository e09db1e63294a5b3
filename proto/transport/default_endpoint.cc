#include "proto/transport/default_endpoint.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "proto/names.h"
#include "proto/transport/errors.h"

namespace forkmill::proto {

namespace {

std::string endpoint_in(const std::string& folder) { return "ipc://" + folder + "/broker"; }

bool belongs_to_user(const std::string& directory) {
  struct stat found {};
  return ::lstat(directory.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == ::geteuid();
}

std::optional<std::string> named_runtime_directory(const std::string& login_directory) {
  const char* named = std::getenv("XDG_RUNTIME_DIR");
  if (named == nullptr || *named != '/' || !belongs_to_user(named)) return std::nullopt;
  if (::geteuid() == 0 && named == login_directory) return std::nullopt;
  const std::string folder = std::string{named} + "/forkmill";
  if (!is_endpoint(endpoint_in(folder))) return std::nullopt;  // too long
  return folder;
}

std::string runtime_folder() {
  const std::string uid = std::to_string(::geteuid());
  const std::string login_directory = "/run/user/" + uid;
  if (auto named = named_runtime_directory(login_directory)) return *named;
  if (::geteuid() == 0) return "/run/forkmill";
  return belongs_to_user(login_directory) ? login_directory + "/forkmill" : "/tmp/forkmill-" + uid;
}

[[noreturn]] void refuse_folder(const std::string& folder, const std::string& why) {
  throw TransportError{"cannot use " + folder + ", the folder of the default endpoint: " + why +
                       ", or choose another endpoint with --listen for the broker, and --broker or FORKMILL_BROKER for "
                       "workers and clients"};
}

}  // namespace

std::string default_endpoint() { return endpoint_in(runtime_folder()); }

void prepare_default_endpoint(const std::string& endpoint) {
  if (!endpoint.starts_with("ipc://")) return;
  const std::string folder = runtime_folder();
  if (endpoint != endpoint_in(folder)) return;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    refuse_folder(folder, std::string{"it cannot be created: "} + std::strerror(errno) + ". Mend that");
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0)
    refuse_folder(folder, std::string{"it cannot be examined: "} + std::strerror(errno) + ". Mend that");
  if (S_ISLNK(found.st_mode)) refuse_folder(folder, "it is a symbolic link, which is not followed. Remove it");
  if (!S_ISDIR(found.st_mode)) refuse_folder(folder, "it is not a folder. Remove it");
  if (found.st_uid != ::geteuid())
    refuse_folder(folder, "it belongs to another user (uid " + std::to_string(found.st_uid) + "). Have it removed");
  if ((found.st_mode & 077) != 0) refuse_folder(folder, "other users may enter it. Run `chmod 700 " + folder + "`");
}

}  // namespace forkmill::proto
