#include "client/web/access/tokens.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "proto/os/descriptor.h"

namespace forkmill::web {

namespace {

constexpr std::size_t kMaxFile = std::size_t{64} * 1024;

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream in{line};
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::invalid_argument wrong_line(std::size_t number, const std::string& why) {
  return std::invalid_argument{"line " + std::to_string(number) + ": " + why};
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto length = ::read(fd, buffer.data(), buffer.size());
    if (length < 0) throw std::system_error{errno, std::generic_category()};
    if (length == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(length));
    if (text.size() > kMaxFile) throw std::runtime_error{"the file is larger than 64 KiB"};
  }
}

}  // namespace

Tokens::Tokens(std::string_view text) {
  std::istringstream lines{std::string{text}};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto words = words_of(line);
    if (words.empty() || words.front().starts_with('#')) continue;
    if (words.back().find_first_of(";,\"\\") != std::string::npos)
      throw wrong_line(number, "a secret has no ; , \" or \\, which cookies cannot have");
    if (words.size() > 2) throw wrong_line(number, "write SECRET or USER SECRET");
    const auto& secret = words.back();
    if (secret.size() < kMinSecret)
      throw wrong_line(number, "a secret has at least " + std::to_string(kMinSecret) + " characters");
    tokens_.push_back({words.size() == 2 ? words.front() : "token", secret});
  }
  if (tokens_.empty()) throw std::invalid_argument{"the file has no token"};
}

std::optional<std::string> Tokens::user_of(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return std::nullopt;
  const auto secret = authorization.substr(kScheme.size());
  std::optional<std::string> user;
  for (const auto& token : tokens_) {
    if (is_same_secret(token.secret, secret)) user = token.user;
  }
  return user;
}

Tokens read_tokens(const std::string& path) {
  const proto::Descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) throw std::system_error{errno, std::generic_category()};
  if (!S_ISREG(status.st_mode)) throw std::runtime_error{"it is not a regular file"};
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    throw std::runtime_error{"it belongs to another user (uid " + std::to_string(status.st_uid) +
                             "), who could change it; use a file of your own"};
  if ((status.st_mode & 077U) != 0) throw std::runtime_error{"others than its owner may read it; chmod 600 it"};
  return Tokens{read_all(fd.get())};
}

bool is_same_secret(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  unsigned differences = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    differences |= static_cast<unsigned>(static_cast<unsigned char>(one[i])) ^ static_cast<unsigned char>(other[i]);
  return differences == 0;
}

}  // namespace forkmill::web
