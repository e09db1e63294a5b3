// ServerAddress: which PostgreSQL server, database and user a URL names. Has everything that libpq needs, and a text
// for people that has no password.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/result.h"

namespace forkmill::broker {

// Returns whether `text` is meant to be the URL of a PostgreSQL database.
bool is_postgres_url(std::string_view text);

// Overwrites the passwords of the PostgreSQL URL in `text`, if it has some. For the command line of the process, which
// other users can read.
void hide_passwords(char* text);

class ServerAddress {
 public:
  // Parses postgresql://[USER[:PASSWORD]@][HOST[:PORT][,...]][/DATABASE][?OPTION=VALUE...]. Does not connect.
  static proto::Result<ServerAddress> parse(const std::string& url);

  // The address without password and options.
  const std::string& shown() const { return shown_; }
  // The parameters of a connection.
  const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }

 private:
  std::string value(std::string_view name) const;  // empty: not given
  void set_default(const std::string& name, const std::string& value);

  std::string shown_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace forkmill::broker
