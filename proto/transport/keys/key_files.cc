#include "proto/transport/keys/key_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "proto/check.h"
#include "proto/os/descriptor.h"

namespace forkmill::proto {

namespace {

constexpr std::size_t kMaxTrustedFile = 1024 * 1024;
constexpr std::size_t kKeyDigits = 64;
constexpr std::size_t kZ85Size = 41;  // a key in the text form of ZeroMQ, and a zero byte
constexpr const char* kDigits = "0123456789abcdef";

Failure unusable(const std::string& path, const std::string& why) {
  return {Errc::option_out_of_range, "cannot use " + path + ": " + why};
}

std::string system_error() { return std::strerror(errno); }

Key key_of_z85(const char* text) {
  Key key;
  FORKMILL_CHECK(zmq_z85_decode(key.bytes.data(), text) != nullptr);
  return key;
}

Key public_key_of(const Key& secret) {
  std::array<char, kZ85Size> secret_text{};
  std::array<char, kZ85Size> public_text{};
  zmq_z85_encode(secret_text.data(), secret.bytes.data(), secret.bytes.size());
  FORKMILL_CHECK(zmq_curve_public(public_text.data(), secret_text.data()) == 0);
  return key_of_z85(public_text.data());
}

// Returns the key behind `word` at the beginning of a line.
std::optional<Key> find_key(const std::string& text, std::string_view word) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string first;
    std::string digits;
    if (words >> first >> digits && first == word) return parse_key(digits);
  }
  return std::nullopt;
}

// Returns what is wrong with the owner or the mode of a file; empty: nothing.
std::string distrust(const struct stat& file, const std::string& path, bool secret) {
  if (!S_ISREG(file.st_mode)) return "it is not a regular file";
  if (file.st_uid != ::geteuid() && file.st_uid != 0)
    return "it belongs to another user (uid " + std::to_string(file.st_uid) + "); use a file of your own";
  if (secret && (file.st_mode & 077) != 0) return "other users may read it; run `chmod 600 " + path + "`";
  if ((file.st_mode & 022) != 0) return "other users may write it; run `chmod go-w " + path + "`";
  if (static_cast<std::size_t>(file.st_size) > kMaxTrustedFile) return "it is larger than 1 MiB";
  return {};
}

}  // namespace

std::string to_string(const Key& key) {
  std::string text;
  for (const std::uint8_t byte : key.bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<Key> parse_key(std::string_view text) {
  if (text.size() != kKeyDigits) return std::nullopt;
  Key key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char lower = text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    const char* digit = lower == '\0' ? nullptr : std::strchr(kDigits, lower);
    if (digit == nullptr) return std::nullopt;
    key.bytes[i / 2] = static_cast<std::uint8_t>(key.bytes[i / 2] << 4 | (digit - kDigits));
  }
  return key;
}

KeyPair make_key_pair() {
  std::array<char, kZ85Size> public_text{};
  std::array<char, kZ85Size> secret_text{};
  FORKMILL_CHECK(zmq_curve_keypair(public_text.data(), secret_text.data()) == 0);
  return {key_of_z85(public_text.data()), key_of_z85(secret_text.data())};
}

KeyPair key_pair_of(const Key& secret) { return {public_key_of(secret), secret}; }

Status create_key_file(const std::string& path, unsigned mode, const std::string& text) {
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (!file) {
    if (errno == EEXIST) return unusable(path, "it exists, and keys are never overwritten; give another name");
    return unusable(path, system_error());
  }
  const bool written = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0;
  return written ? Status{} : Status{unusable(path, system_error())};
}

Status write_key_pair(const std::string& path, const KeyPair& pair) {
  const std::string public_path = path + ".pub";
  struct stat found {};
  if (::lstat(public_path.c_str(), &found) == 0)
    return unusable(public_path, "it exists, and keys are never overwritten; give another name");
  if (auto status = create_key_file(
          path, 0600, "# Secret key of forkmill: keep it to its owner.\nsecret " + to_string(pair.secret_key) + "\n");
      !status.ok())
    return status;
  auto status = create_key_file(public_path, 0644, "public " + to_string(pair.public_key) + "\n");
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

Result<std::string> read_trusted_file(const std::string& path, bool secret) {
  // O_NONBLOCK: a pipe at the path must not block.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!file) return unusable(path, errno == ELOOP ? "it is a symbolic link, which is not followed" : system_error());
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return unusable(path, system_error());
  if (auto why = distrust(found, path, secret); !why.empty()) return unusable(path, why);
  std::string text(kMaxTrustedFile, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unusable(path, system_error());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

Result<KeyPair> read_key_pair(const std::string& path) {
  auto text = read_trusted_file(path, true);
  if (!text.ok()) return text.failure();
  const auto secret = find_key(text.value(), "secret");
  if (!secret)
    return unusable(path,
                    "it has no line `secret` with 64 hexadecimal digits; create a key with `forkmill keygen FILE`");
  return key_pair_of(*secret);
}

Result<Key> read_public_key(const std::string& text) {
  if (const auto key = parse_key(text)) return *key;
  auto file = read_trusted_file(text, false);
  if (!file.ok())
    return Failure{Errc::option_out_of_range,
                   "neither a public key of 64 hexadecimal digits, nor a file with one: " + file.failure().text};
  if (const auto key = find_key(file.value(), "public")) return *key;
  return unusable(text, "it has no line `public` with 64 hexadecimal digits; name the .pub file of `forkmill keygen`");
}

Result<std::optional<CurveKeys>> read_curve_keys(const std::string& endpoint, const std::string& server_public_key,
                                                 const std::string& key_file) {
  if (endpoint.find("tcp://") == std::string::npos) return std::optional<CurveKeys>{};
  if (server_public_key.empty() && key_file.empty()) return std::optional<CurveKeys>{};
  const auto missing = [](const char* option, const char* why) {
    return Failure{Errc::option_out_of_range, std::string{option} + " is missing: " + why};
  };
  if (server_public_key.empty())
    return missing("server-public-key", "without the broker's public key, any broker could pretend to be it");
  if (key_file.empty())
    return missing("key", "a broker with keys knows workers and clients by theirs; see forkmill keygen");
  auto broker = read_public_key(server_public_key);
  if (!broker.ok()) return Failure{broker.code(), "server-public-key: " + broker.failure().text};
  auto own = read_key_pair(key_file);
  if (!own.ok()) return Failure{own.code(), "key: " + own.failure().text};
  return std::optional<CurveKeys>{{broker.value(), own.value()}};
}

}  // namespace forkmill::proto
