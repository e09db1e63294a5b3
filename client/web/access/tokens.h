// Tokens: the secrets by which the gateway knows its users.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::web {

struct Token {
  std::string user;
  std::string secret;
};

class Tokens {
 public:
  static constexpr std::size_t kMinSecret = 16;

  // No tokens: every request is allowed.
  Tokens() = default;
  // Reads the lines of a token file: "SECRET" or "USER SECRET". Empty lines and those that begin with # are skipped.
  // Throws std::invalid_argument, with the number of the line, for any other line, for a secret of fewer than
  // kMinSecret characters, and if there is no token.
  explicit Tokens(std::string_view text);

  bool empty() const { return tokens_.empty(); }
  // Returns the user whose secret is in "Bearer SECRET"; nullopt if none has it. Constant time for wrong secrets.
  std::optional<std::string> user_of(std::string_view authorization) const;

 private:
  std::vector<Token> tokens_;
};

// Reads a token file. Throws std::runtime_error if it cannot be read, or if others than its owner may read it, and
// std::invalid_argument as above.
Tokens read_tokens(const std::string& path);

// Compares two secrets in a time that depends on their lengths only.
bool is_same_secret(std::string_view one, std::string_view other);

}  // namespace forkmill::web
