// Authorized keys: the file that says which keys a broker accepts, one key a line:
//
//     # principal     roles           public key
//     mail-workers    worker          8c1d…
//     mail-workers    worker          03be…      # the next key of the same principal: both are valid
//     alice           client,admin    77a0…
//     mail-web        client          1f90…      submit=mail.* objects=mail.*,shared
//
// Behind the key may stand the rights and quotas (proto/session/rights.h), each once: submit=, submit-names=, serve=,
// serve-names=, objects= and manage= with patterns, max-priority=, max-queued=, max-queued-bytes=, max-objects=,
// max-object-bytes= and max-result-bytes= with numbers. A principal has at most two keys, all with the same roles and
// rights, so that a key can be replaced without a pause. A key stands in one line only. A file has at most 4,000 keys.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proto/result.h"
#include "proto/transport/keys/key_files.h"
#include "proto/transport/keys/principal.h"

namespace forkmill::proto {

using AuthorizedKeys = std::map<Key, Principal>;

// Fails, naming `path` and the line, if a line makes no sense.
Result<AuthorizedKeys> parse_authorized_keys(const std::string& text, const std::string& path);

// Reads the file, as read_trusted_file() does.
Result<AuthorizedKeys> read_authorized_keys(const std::string& path);

// Returns the principal of that name, roles and rights, as words of the file say them. Fails, with what to write
// instead, if one of them makes no sense.
Result<Principal> parse_principal(const std::string& name, const std::string& roles,
                                  std::span<const std::string> rights);
// Returns the roles as a word of the file.
std::string format_roles(const Roles& roles);

// KeyCollector: collects keys by the rules of the file. The cost of a key hardly grows with their number.
class KeyCollector {
 public:
  // `keys` must keep the rules.
  explicit KeyCollector(AuthorizedKeys keys = {});
  KeyCollector(const KeyCollector&) = delete;
  KeyCollector& operator=(const KeyCollector&) = delete;

  // Adds a key. Fails if the principal has two keys or other roles or rights already, if the key is there, or if there
  // are 4,000 keys.
  Status add(const Key& key, const Principal& principal);

  // Returns the keys. The collector is of no use afterwards.
  AuthorizedKeys take() && { return std::move(keys_); }

 private:
  struct OfPrincipal {
    const Principal* one;  // in keys_
    std::size_t keys;
  };
  void count(const Principal& principal);

  AuthorizedKeys keys_;
  std::map<std::string_view, OfPrincipal> principals_;  // by names in keys_
};

}  // namespace forkmill::proto
