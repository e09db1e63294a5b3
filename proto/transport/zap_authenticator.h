// ZapAuthenticator: decides which connections a Router accepts, and knows who the peer of each is. ZeroMQ asks it by
// ZAP in each handshake, over a socket inside the process, which the owner of the Router serves: there is no thread.
//
//     ipc://                   processes of this user and of root, as the kernel names them; all roles
//     tcp:// with a key        the keys of a file, with their roles; CURVE encrypts and authenticates both sides
//     tcp:// without a key     any peer, if open_to_all; all roles
//
// One process has one ZapAuthenticator at most, since ZeroMQ has one place to ask. One thread owns it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proto/transport/keys/authorized_keys.h"
#include "proto/transport/keys/key_files.h"
#include "proto/transport/keys/principal.h"

namespace forkmill::proto {

class ZapAuthenticator {
 public:
  struct Options {
    std::optional<KeyPair> key;  // the broker's; none: TCP peers have no keys
    AuthorizedKeys authorized{};
    bool open_to_all = false;  // accept TCP peers without keys
  };
  // Throws TransportError if the process has a ZapAuthenticator already.
  explicit ZapAuthenticator(Options options);
  ~ZapAuthenticator();
  ZapAuthenticator(const ZapAuthenticator&) = delete;
  ZapAuthenticator& operator=(const ZapAuthenticator&) = delete;

  const std::optional<KeyPair>& key() const { return options_.key; }
  const AuthorizedKeys& authorized() const { return options_.authorized; }

  // Answers the handshakes that wait, at most 64 of them, without waiting. Returns whether more may wait.
  bool serve();
  int fd() const;  // as Router::fd()

  // Takes the place of the authorized keys. Principals whose key is among them get its roles; all others that came with
  // a key are removed.
  void replace(AuthorizedKeys authorized);

  // Accepts the keys of these invitations as well, whose peers may enrol keys of their own. All others that came with
  // an invitation are removed.
  void invite(std::set<Key> invitations);

  // Returns the principal of that number, which serve() has given to a connection. REQUIRES: there is one.
  const Principal& principal(std::uint32_t number) const { return principals_[number - 1]; }
  std::uint32_t principals() const { return static_cast<std::uint32_t>(principals_.size()); }

  // Returns a line for the log about the handshakes that were refused since the last call; empty: none was. Names the
  // last one.
  std::string take_refusals();
  // Counts a handshake that was refused before the authenticator was asked.
  void note_refusal(std::string text);

 private:
  struct Socket;
  struct Request;
  // Returns the number of the principal; 0: the connection is refused.
  std::uint32_t decide(const Request& request);
  std::uint32_t admit_user(const std::string& address);
  std::uint32_t admit_key(const Request& request);
  std::uint32_t enter(Principal principal);
  bool is_invited(const Key& key) const { return invitations_.contains(key); }

  Options options_;
  std::unique_ptr<Socket> socket_;
  std::deque<Principal> principals_;            // by number, from 1
  std::map<Key, std::uint32_t> number_of_key_;  // keys that have been used
  std::set<Key> invitations_;                   // public keys
  std::map<std::string, std::uint32_t> number_of_user_;
  std::size_t refused_ = 0;
  std::string last_refusal_;
};

}  // namespace forkmill::proto
