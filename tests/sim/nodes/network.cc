#include "tests/sim/nodes/network.h"

#include <algorithm>

#include "proto/check.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr Instant kFirstDial = 50ms;
constexpr Instant kLongestDial = 1s;

proto::Envelope decoded(const proto::Encoded& bytes) {
  auto envelope = proto::decode(bytes.envelope, bytes.frames);
  FORKMILL_CHECK(envelope.ok());  // the network damages no bytes
  return std::move(envelope).value();
}

}  // namespace

// ---- The broker's side ----------------------------------------------------------------------------------------------

void Network::open(Hub& hub) {
  hub_ = &hub;
  ++openings_;
  for (Link* link : links_) link->dial();
}

void Network::close() {
  hub_ = nullptr;
  for (Link* link : links_) link->drop(true);
  peers_.clear();
}

bool Network::send(proto::PeerId peer, const proto::Envelope& envelope) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return false;
  proto::Encoded bytes = proto::encode(envelope);
  Link* link = found->second.link;
  if (world_.trace.verbose() || link != nullptr) {
    world_.trace.message(
        world_.now(), "broker",
        link != nullptr ? std::string{"to "} + std::string{link->endpoint_.name()} : "to a lost connection", envelope,
        bytes.envelope);
  }
  if (link != nullptr) {
    link->down_.put(std::move(bytes));
    return true;
  }
  if (world_.now() < found->second.believed_until) return true;
  peers_.erase(found);
  return false;
}

std::unique_ptr<Network::Link> Network::attach(Endpoint& endpoint) { return std::make_unique<Link>(*this, endpoint); }

std::string Network::principal_of(proto::PeerId peer) {
  if (sim::is_stranger(peer)) return "stranger";
  const std::uint64_t number = principal_number(peer);
  return number == 0 ? "" : "principal-" + std::to_string(number);
}

const proto::Rights* Network::rights_of(proto::PeerId peer) {
  static const proto::Rights stranger = [] {
    proto::Rights rights;
    rights.own_tasks_only = true;
    return rights;
  }();
  return sim::is_stranger(peer) ? &stranger : nullptr;
}

// ---- The link of a peer ---------------------------------------------------------------------------------------------

Network::Link::Link(Network& network, Endpoint& endpoint)
    : network_{network},
      world_{network.world_},
      endpoint_{endpoint},
      up_{world_,
          [this](const proto::Encoded& bytes) {
            if (network_.hub_ != nullptr) network_.hub_->arrived(peer_, decoded(bytes));
          }},
      down_{world_, [this](const proto::Encoded& bytes) { endpoint_.arrived(decoded(bytes)); }},
      dial_alarm_{world_, [this] { establish(); }} {
  network_.links_.push_back(this);
  dial();
}

Network::Link::~Link() {
  drop(false);
  *alive_ = false;
  std::erase(network_.links_, this);
}

void Network::Link::dial() {
  if (peer_ || network_.hub_ == nullptr) return;
  dial_alarm_.set(std::max(world_.now(), blocked_until_) + world_.random.between(kFirstDial, kLongestDial));
}

void Network::Link::establish() {
  if (peer_ || network_.hub_ == nullptr) return;
  if (world_.now() < blocked_until_) return dial();
  const std::uint64_t marks = endpoint_.is_stranger() ? kStranger : endpoint_.principal() << kPrincipalShift;
  peer_ = proto::PeerId{++network_.last_peer_ | marks};
  network_.peers_[peer_] = {this, {}};
  up_.lose(false);
  down_.lose(false);
  for (auto& bytes : std::exchange(kept_, {})) up_.put(std::move(bytes));
  endpoint_.link_up();
}

void Network::Link::send(const proto::Envelope& envelope) {
  proto::Encoded bytes = proto::encode(envelope);
  world_.trace.message(world_.now(), endpoint_.name(), peer_ ? "says" : "says in vain", envelope, bytes.envelope);
  if (peer_) up_.put(std::move(bytes));
}

void Network::Link::reconnect() {
  drop(false);
  kept_.clear();
  dial();
}

void Network::Link::cut() {
  if (!peer_) return;
  drop(true);
  dial();
}

void Network::Link::block(Instant until) {
  blocked_until_ = std::max(blocked_until_, until);
  up_.block(until);
  down_.block(until);
}

void Network::Link::hollow(bool up, bool down) {
  if (!peer_) return;
  world_.trace.note(world_.now(), endpoint_.name(), "connection half open");
  up_.lose(up_.lost() || up);
  down_.lose(down_.lost() || down);
}

void Network::Link::drop(bool noticed) {
  dial_alarm_.set(proto::kNever);
  if (!peer_) return;
  const proto::PeerId old = peer_;
  peer_ = {};
  // The broker learns that the connection broke when its kernel gives up, or never.
  network_.peers_[old] = {nullptr, std::max(blocked_until_, world_.now() + network_delay(world_))};
  let_through_late(up_.remove_all(), old);
  Lane::Packets down = down_.remove_all();
  if (!noticed) return;
  world_.trace.note(world_.now(), endpoint_.name(), "connection broken");
  endpoint_.link_down();
  // Some of the messages were in the peer's socket already.
  if (down.empty() || blocked_until_ > world_.now()) return;
  down.resize(world_.random.below(down.size() + 1));
  world_.after(lateness(), [this, alive = alive_, late = std::move(down)] {
    for (const Lane::Packet& packet : late)
      if (*alive) down_.arrive(packet.bytes);
  });
}

// The first messages had reached the broker's socket, the last ones had not left the peer's.
void Network::Link::let_through_late(Lane::Packets packets, proto::PeerId peer) {
  if (packets.empty()) return;
  const bool blocked = blocked_until_ > world_.now();
  const std::size_t there = blocked ? 0 : world_.random.below(packets.size() + 1);
  const std::size_t here = there + world_.random.below(packets.size() - there + 1);
  for (std::size_t i = here; i < packets.size(); ++i) kept_.push_back(std::move(packets[i].bytes));
  packets.resize(there);
  if (packets.empty()) return;
  if (world_.options.twice > 0 && !world_.calm && world_.random.chance(world_.options.twice))
    kept_.insert(kept_.begin(), packets.back().bytes);
  world_.after(lateness(), [&network = network_, opening = network_.openings_, peer, late = std::move(packets)] {
    if (network.hub_ == nullptr || network.openings_ != opening) return;
    for (const Lane::Packet& packet : late) network.hub_->arrived(peer, decoded(packet.bytes));
  });
}

}  // namespace forkmill::sim
