#include "proto/transport/keys/invitation.h"

#include <sstream>

#include "proto/names.h"

namespace forkmill::proto {

Status write_invitation(const std::string& path, const Invitation& invitation) {
  return create_key_file(path, 0600,
                         "# Invitation of forkmill for " + invitation.principal + ": keep it to its owner.\nbroker " +
                             invitation.endpoint + "\npublic " + to_string(invitation.broker) + "\nsecret " +
                             to_string(invitation.secret) + "\n");
}

Result<std::string> read_invitation(const std::string& path) {
  if (auto own = read_key_pair(path); !own.ok()) return own.failure();
  if (auto broker = read_public_key(path); !broker.ok()) return broker.failure();
  auto text = read_trusted_file(path, true);
  if (!text.ok()) return text.failure();
  std::istringstream lines{text.value()};
  std::string endpoint;
  for (std::string word; lines >> word;)
    if (word == "broker" && lines >> endpoint && is_endpoint(endpoint)) return endpoint;
  return Failure{Errc::option_out_of_range,
                 "cannot use " + path + ": it has no line `broker` with an endpoint; make it with `forkmill invite`"};
}

}  // namespace forkmill::proto
