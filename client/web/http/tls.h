// The certificate and the key of a server that speaks TLS.
#pragma once

#include <string>

namespace forkmill::web {

struct Tls {
  std::string certificates{};  // PEM, the server's own one first; empty: plain HTTP
  std::string key{};           // PEM, without a passphrase

  bool is_on() const { return !certificates.empty(); }
  const char* scheme() const { return is_on() ? "https" : "http"; }
};

// Reads the two files. Throws std::runtime_error, with the path, if one of them cannot be read or is empty or larger
// than 1 MiB, or if users beyond the owner and the group of the key may read it. Whether they are a pair is found when
// a server starts.
Tls read_tls(const std::string& certificate_path, const std::string& key_path);

}  // namespace forkmill::web
