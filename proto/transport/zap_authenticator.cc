#include "proto/transport/zap_authenticator.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>
#include <zmq.hpp>

#include "proto/transport/errors.h"
#include "proto/transport/keys/invitation.h"
#include "proto/transport/message_io.h"

namespace forkmill::proto {

namespace {

constexpr const char* kZapEndpoint = "inproc://zeromq.zap.01";
constexpr std::size_t kServedAtOnce = 64;
constexpr Roles kAllRoles{true, true, true};

enum ZapFrame : std::size_t { kVersion, kRequestId, kDomain, kAddress, kRoutingId, kMechanism, kCredentials };

// Returns the user of an ipc:// peer, whose address is "localhost:UID:GID:PID"; nullopt: the address is another one.
std::optional<uid_t> user_of(const std::string& address) {
  constexpr std::string_view kHost = "localhost:";
  if (!address.starts_with(kHost) || std::count(address.begin(), address.end(), ':') != 3) return std::nullopt;
  uid_t user = 0;
  const std::string text = address.substr(kHost.size(), address.find(':', kHost.size()) - kHost.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), user);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return user;
}

}  // namespace

struct ZapAuthenticator::Request {
  std::vector<std::string> frames;

  const std::string& frame(ZapFrame at) const {
    static const std::string none;
    return at < frames.size() ? frames[at] : none;
  }
};

struct ZapAuthenticator::Socket {
  zmq::socket_t socket{zmq_context(), zmq::socket_type::rep};

  std::optional<Request> receive() {
    Request request;
    zmq::message_t frame;
    if (!receive_frame(socket, frame)) return std::nullopt;
    request.frames.push_back(frame.to_string());
    while (frame.more() && receive_frame(socket, frame)) request.frames.push_back(frame.to_string());
    return request;
  }

  void answer(const Request& request, std::uint32_t principal) {
    const bool admitted = principal != 0;
    const std::array<std::string, 6> frames{"1.0",
                                            request.frame(kRequestId),
                                            admitted ? "200" : "400",
                                            admitted ? "" : "not authorized",
                                            admitted ? std::to_string(principal) : "",
                                            ""};
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto more = i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
      socket.send(zmq::buffer(frames[i]), more | zmq::send_flags::dontwait);
    }
  }
};

ZapAuthenticator::ZapAuthenticator(Options options)
    : options_{std::move(options)}, socket_{std::make_unique<Socket>()} {
  try {
    socket_->socket.bind(kZapEndpoint);
  } catch (const zmq::error_t& error) {
    throw TransportError{std::string{"cannot decide on connections: "} + error.what()};
  }
}

// The place to ask is free at once: the destructor of the socket would free it some time later.
ZapAuthenticator::~ZapAuthenticator() { zmq_unbind(socket_->socket.handle(), kZapEndpoint); }

int ZapAuthenticator::fd() const { return socket_->socket.get(zmq::sockopt::fd); }

bool ZapAuthenticator::serve() {
  for (std::size_t served = 0; served < kServedAtOnce; ++served) {
    const auto request = socket_->receive();
    if (!request) return has_input(socket_->socket);
    socket_->answer(*request, decide(*request));
  }
  return true;
}

std::uint32_t ZapAuthenticator::decide(const Request& request) {
  const std::string& mechanism = request.frame(kMechanism);
  if (mechanism == "CURVE") return admit_key(request);
  if (mechanism != "NULL") return 0;
  const std::string& address = request.frame(kAddress);
  if (user_of(address)) return admit_user(address);
  if (!options_.open_to_all) {
    note_refusal(address + " has no key");
    return 0;
  }
  auto& number = number_of_user_["anyone"];
  if (number == 0) number = enter({"anyone", kAllRoles, {}, false, true});
  return number;
}

std::uint32_t ZapAuthenticator::admit_user(const std::string& address) {
  const uid_t user = *user_of(address);
  const std::string name = "uid:" + std::to_string(user);
  if (user != 0 && user != ::geteuid()) {
    note_refusal("a process of another user (" + name + ") wanted to connect over ipc://");
    return 0;
  }
  auto& number = number_of_user_[name];
  if (number == 0) number = enter({name, kAllRoles, {}, false, user == ::geteuid()});
  return number;
}

std::uint32_t ZapAuthenticator::admit_key(const Request& request) {
  const std::string& credentials = request.frame(kCredentials);
  Key key;
  if (credentials.size() != key.bytes.size()) return 0;
  std::memcpy(key.bytes.data(), credentials.data(), key.bytes.size());
  const auto authorized = options_.authorized.find(key);
  if (authorized == options_.authorized.end() && !is_invited(key)) {
    note_refusal(request.frame(kAddress) + " has the public key " + to_string(key) +
                 ", which is not authorized; to accept it, add a line for it to --authorized-keys and send SIGHUP");
    return 0;
  }
  auto& number = number_of_key_[key];
  if (number != 0) return number;
  number = authorized != options_.authorized.end()
               ? enter(authorized->second)
               : enter({"invitation:" + invitation_id(key), {}, {}, false, false, to_string(key)});
  return number;
}

std::uint32_t ZapAuthenticator::enter(Principal principal) {
  principals_.push_back(std::move(principal));
  return principals();
}

void ZapAuthenticator::replace(AuthorizedKeys authorized) {
  for (auto used = number_of_key_.begin(); used != number_of_key_.end();) {
    Principal& principal = principals_[used->second - 1];
    if (!principal.invitation.empty() && !authorized.contains(used->first)) {
      ++used;  // invite() removes it
      continue;
    }
    const auto now = authorized.find(used->first);
    if (now != authorized.end() && now->second.name == principal.name) {
      principal.roles = now->second.roles;
      principal.rights = now->second.rights;
      ++used;
      continue;
    }
    principal.is_removed = true;
    used = number_of_key_.erase(used);
  }
  options_.authorized = std::move(authorized);
}

void ZapAuthenticator::invite(std::set<Key> invitations) {
  invitations_ = std::move(invitations);
  for (auto used = number_of_key_.begin(); used != number_of_key_.end();) {
    Principal& principal = principals_[used->second - 1];
    const bool ends = !principal.invitation.empty() && !is_invited(used->first);
    principal.is_removed = principal.is_removed || ends;
    used = ends ? number_of_key_.erase(used) : std::next(used);
  }
}

void ZapAuthenticator::note_refusal(std::string text) {
  ++refused_;
  last_refusal_ = std::move(text);
}

std::string ZapAuthenticator::take_refusals() {
  if (refused_ == 0) return {};
  const std::size_t count = std::exchange(refused_, 0);
  return "refused " + std::to_string(count) + (count == 1 ? " connection: " : " connections, the last one: ") +
         std::exchange(last_refusal_, {});
}

}  // namespace forkmill::proto
