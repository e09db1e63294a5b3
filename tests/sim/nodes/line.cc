#include "tests/sim/nodes/line.h"

namespace forkmill::sim {

void Line::end() {
  link_.reset();
  inbox_.clear();
  full_ = false;
}

bool Line::send(const proto::Envelope& envelope) {
  if (full_) return false;
  link_->send(envelope);
  return true;
}

void Line::reconnect() {
  full_ = false;
  disturb(proto::kNever);
  inbox_.clear();
  link_->reconnect();
}

void Line::move_to(Network& network) {
  network_ = &network;
  full_ = false;
  disturb(proto::kNever);
  inbox_.clear();
  link_.reset();
  begin();
}

std::optional<Line::Event> Line::next_event() {
  if (inbox_.empty()) return std::nullopt;
  Event event = std::move(inbox_.front());
  inbox_.pop_front();
  return event;
}

void Line::cut() {
  if (!up()) return;
  disturb(proto::kNever);
  link_->cut();
}

void Line::block(Instant until) {
  if (!up()) return;
  disturb(until);
  link_->block(until);
}

void Line::hollow(bool from_peer, bool to_peer) {
  if (!up()) return;
  disturb(proto::kNever);
  link_->hollow(from_peer, to_peer);
}

void Line::link_down() {
  disturb(proto::kNever);
  add({Event::down, {}});
}

void Line::add(Event event) {
  inbox_.push_back(std::move(event));
  owner_.event_arrived();
}

}  // namespace forkmill::sim
