#include "proto/transport/keys/invitation.h"

#include <algorithm>
#include <sstream>

#include "proto/names.h"

namespace forkmill::proto {

namespace {

constexpr std::string_view kPrefix = "forkmill-1.";
constexpr std::size_t kIdDigits = 16;

// Takes the part of `text` in front of the next full stop.
std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('.'));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

}  // namespace

std::string to_string(const Invitation& invitation) {
  return std::string{kPrefix} + to_string(invitation.broker) + "." + to_string(invitation.own.secret_key) + "." +
         invitation.endpoints;
}

Result<Invitation> parse_invitation(std::string_view text) {
  const auto unusable = [](const char* why) {
    return Failure{Errc::option_out_of_range,
                   std::string{"not an invitation: "} + why +
                       "; give the whole line that `forkmill invite` has printed, which begins with forkmill-1."};
  };
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  if (!text.starts_with(kPrefix)) return unusable("the beginning is another one");
  text.remove_prefix(kPrefix.size());
  const auto broker = parse_key(take_part(text));
  const auto secret = parse_key(take_part(text));
  if (!broker || !secret) return unusable("its keys are not 64 hexadecimal digits each");
  if (!is_endpoint_list(std::string{text})) return unusable("it does not end with the endpoint of a broker");
  return Invitation{std::string{text}, *broker, key_pair_of(*secret)};
}

std::string invitation_id(const Key& public_key) { return to_string(public_key).substr(0, kIdDigits); }

std::string connection_file(const Invitation& invitation, const Key& own) {
  return "# Key of forkmill, made with an invitation: keep it to its owner.\ninvitation " +
         invitation_id(invitation.own.public_key) + "\nbroker " + invitation.endpoints + "\npublic " +
         to_string(invitation.broker) + "\nsecret " + to_string(own) + "\n";
}

Result<ConnectionFile> read_connection_file(const std::string& path) {
  if (auto own = read_key_pair(path); !own.ok()) return own.failure();
  if (auto broker = read_public_key(path); !broker.ok()) return broker.failure();
  auto text = read_trusted_file(path, true);
  if (!text.ok()) return text.failure();
  std::istringstream lines{text.value()};
  ConnectionFile file;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string word;
    words >> word;
    if (word == "invitation") words >> file.invitation;
    if (word == "broker") words >> file.endpoints;
  }
  if (is_endpoint_list(file.endpoints)) return file;
  return Failure{Errc::option_out_of_range,
                 "cannot use " + path + ": it has no line `broker` with an endpoint; join again with an invitation"};
}

}  // namespace forkmill::proto
