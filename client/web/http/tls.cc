#include "client/web/http/tls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "proto/os/descriptor.h"

namespace forkmill::web {

namespace {

constexpr std::size_t kMaxPem = std::size_t{1024} * 1024;

std::runtime_error wrong_pem(const std::string& path, const std::string& why) {
  return std::runtime_error{path + ": " + why};
}

std::string read_pem(const std::string& path, mode_t forbidden) {
  const proto::Descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) throw wrong_pem(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw wrong_pem(path, "it is not a regular file");
  if ((status.st_mode & forbidden) != 0) throw wrong_pem(path, "all users may read it; run `chmod o= " + path + "`");
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto length = ::read(fd.get(), buffer.data(), buffer.size());
    if (length < 0) throw wrong_pem(path, std::strerror(errno));
    if (length == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(length));
    if (text.size() > kMaxPem) throw wrong_pem(path, "it is larger than 1 MiB");
  }
  if (text.empty()) throw wrong_pem(path, "it is empty");
  return text;
}

}  // namespace

Tls read_tls(const std::string& certificate_path, const std::string& key_path) {
  return {.certificates = read_pem(certificate_path, 0), .key = read_pem(key_path, S_IRWXO)};
}

}  // namespace forkmill::web
