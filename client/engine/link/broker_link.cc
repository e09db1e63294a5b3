#include "client/engine/link/broker_link.h"

#include <forkmill/errors.h>

#include <exception>
#include <utility>

#include "client/futures/log.h"
#include "proto/transport/errors.h"

namespace forkmill::client {

namespace {

constexpr int kMessagesOfARound = 256;  // requests then have their turn

std::unique_ptr<proto::Dealer> connect(const std::string& endpoint) {
  try {
    return std::make_unique<proto::Dealer>(endpoint);
  } catch (const proto::TransportError& error) {
    throw Error{Errc::bad_request, error.what()};
  }
}

}  // namespace

BrokerLink::BrokerLink(const std::string& endpoint) : endpoint_{endpoint}, dealer_{connect(endpoint)} {}

void BrokerLink::receive(proto::Instant now, Session& session) {
  while (auto event = dealer_->link_event()) {
    switch (*event) {
      case proto::Dealer::LinkEvent::up:
        session.connected(now);
        break;
      case proto::Dealer::LinkEvent::down:
        session.disconnected();
        break;
      case proto::Dealer::LinkEvent::stuck:
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
