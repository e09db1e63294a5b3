#include <forkmill/queue.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "client/objects/object.h"

namespace forkmill::detail {

using client::Object;
using client::ObjectKind;
using client::Verb;

RawQueue::RawQueue(std::string_view name, std::int64_t maxsize, std::uint64_t type, const ObjectOptions& options)
    : Handle{[&] {
        if (maxsize < 0) throw std::invalid_argument{"a queue of size " + std::to_string(maxsize) + ", below 0"};
        proto::ObjectSpec spec;
        spec.name = name;
        spec.kind = ObjectKind::queue;
        spec.type = type;
        spec.size = maxsize;
        return Object::open(options, std::move(spec));
      }()} {}
RawQueue::RawQueue(const Ticket& ticket, std::uint64_t type) : Handle{Object::open(ticket, ObjectKind::queue, type)} {}

std::int64_t RawQueue::qsize() const { return object().require({.verb = Verb::look}).a; }
std::int64_t RawQueue::unfinished() const { return object().require({.verb = Verb::look}).b; }
std::int64_t RawQueue::maxsize() const { return object().spec().size; }
void RawQueue::close() noexcept {
  if (object_) object_->close();
}
bool RawQueue::closed() const { return object().closed(); }

void RawQueue::put_values(std::vector<std::string> values, Wait wait) {
  const auto many = values.size();
  auto payloads = client::payloads_of(std::move(values));
  auto answer = object().call({.verb = Verb::put, .values = payloads, .wait = wait});
  // Without a limit only a broker that was restarted says so: the rest is still to be put.
  while (!wait && answer.code == Errc::object_full) {
    payloads.erase(payloads.begin(), payloads.begin() + static_cast<std::ptrdiff_t>(answer.a));
    answer = object().call({.verb = Verb::put, .values = payloads, .wait = wait});
  }
  if (answer.code == Errc::object_full && many > 1)
    throw Full{std::to_string(answer.a) + " of " + std::to_string(many) + " items went into '" + name() + "'"};
  if (answer.code == Errc::timeout) throw Full{object().about(answer)};
  if (answer.code != Errc::ok) object().fail(answer);
}

Ref<RemoteState> RawQueue::put_later(std::string value, Wait wait) {
  return object().later({.verb = Verb::put, .values = {client::payload_of(std::move(value))}, .wait = wait},
                        [](Object&, const Object::Answer&) { return client::payload_of(pack_nothing()); });
}

RawQueue::Got RawQueue::get_values(std::size_t most, bool lease, Wait wait) const {
  auto& object = this->object();
  object.check_open();
  Got got;
  auto& undelivered_items = object.engine().holdings().undelivered_items();
  if (std::vector<proto::Payload> late; !lease && undelivered_items.remove(object.number(), most, late)) {
    got.values = client::bytes_of(late);
    return got;
  }
  const auto undo = [&object, lease](Object::Answer& answer) {
    if (lease)
      object.forget({.verb = Verb::settle, .a = answer.a});
    else
      object.engine().holdings().undelivered_items().add(object.number(), answer.values);
  };
  auto answer =
      object.call({.verb = Verb::get, .a = static_cast<std::int64_t>(most), .b = lease ? 1 : 0, .wait = wait}, undo);
  if (answer.code == Errc::timeout) throw Empty{object.about(answer)};
  if (answer.code != Errc::ok) object.fail(answer);
  if (!lease) undelivered_items.put_in_order(object.number(), answer.values);
  got.lease = answer.a;
  got.values = client::bytes_of(answer.values);
  return got;
}

Ref<RemoteState> RawQueue::get_later(Wait wait) const {
  return object().later({.verb = Verb::get, .a = 1, .wait = wait},
                        [](Object&, Object::Answer& answer) { return answer.values.at(0); });
}

void RawQueue::task_done_by(std::int64_t how_many) {
  if (how_many < 1) throw std::invalid_argument{"task_done(" + std::to_string(how_many) + ")"};
  object().require({.verb = Verb::done, .a = how_many});
}

bool RawQueue::join_within(Wait wait) const {
  const auto answer = object().call({.verb = Verb::join, .wait = wait});
  if (answer.code == Errc::timeout) return false;
  if (answer.code != Errc::ok) object().fail(answer);
  return true;
}

// ---- On approval ----------------------------------------------------------------------------------------------------

LeaseOfItems& LeaseOfItems::operator=(LeaseOfItems&& other) noexcept {
  std::swap(queue_, other.queue_);
  std::swap(number_, other.number_);
  return *this;
}

LeaseOfItems::~LeaseOfItems() {
  if (number_ != 0) queue_->forget({.verb = Verb::settle, .a = number_});
}

void LeaseOfItems::settle(bool done) {
  const auto number = std::exchange(number_, 0);
  if (number == 0) throw Error{Errc::over_released, "this item was settled before"};
  queue_->require({.verb = Verb::settle, .a = number, .b = done ? 1 : 0});
}

}  // namespace forkmill::detail
