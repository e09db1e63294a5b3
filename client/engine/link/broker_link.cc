#include "client/engine/link/broker_link.h"

#include <forkmill/errors.h>

#include <exception>
#include <utility>

#include "client/futures/log.h"
#include "proto/transport/errors.h"
#include "proto/transport/keys/key_files.h"

namespace forkmill::client {

namespace {

constexpr int kMessagesOfARound = 256;  // requests then have their turn

std::unique_ptr<proto::Dealer> connect(const ClientOptions& options, proto::Dealer* beside) {
  auto keys = proto::read_curve_keys(options.endpoint, options.server_public_key, options.key);
  if (!keys.ok()) throw Error{Errc::bad_request, keys.failure().text};
  try {
    return std::make_unique<proto::Dealer>(options.endpoint, proto::look_up, keys.value(), beside);
  } catch (const proto::TransportError& error) {
    throw Error{Errc::bad_request, error.what()};
  }
}

}  // namespace

BrokerLink::BrokerLink(const ClientOptions& options, Reachability& reachability, proto::Dealer* beside)
    : endpoint_{options.endpoint}, reachability_{reachability}, dealer_{connect(options, beside)} {}

void BrokerLink::receive(proto::Instant now, Session& session) {
  while (auto event = dealer_->link_event()) {
    switch (*event) {
      case proto::Dealer::LinkEvent::up:
        reachability_.set_obstacle({});
        session.connected(now);
        break;
      case proto::Dealer::LinkEvent::down:
        session.disconnected();
        break;
      case proto::Dealer::LinkEvent::stuck:
        reachability_.set_obstacle("the broker at " + endpoint_ + " cannot be used: " + dealer_->why_stuck());
        log().warn("{}: {}; trying again", endpoint_, dealer_->why_stuck());
        break;
    }
  }
  for (int i = 0; i < kMessagesOfARound; ++i) {
    auto arrived = dealer_->receive();
    if (!arrived) return;
    if (arrived->ok())
      session.handle(now, std::move(*arrived).value());
    else
      log().warn("a message of the broker at {} was dropped: {}", endpoint_, arrived->failure().text);
  }
}

bool BrokerLink::send_all(const std::vector<proto::Envelope>& messages) noexcept {
  try {
    for (const auto& envelope : messages) {
      if (dealer_->send(envelope)) continue;
      log().warn("{}: the broker does not read; connecting again", endpoint_);
      return false;
    }
  } catch (const std::exception& error) {
    log().error("{}: sending has failed: {}; connecting again", endpoint_, error.what());
    return false;
  }
  return true;
}

}  // namespace forkmill::client
