#include <forkmill/detail/moved_from.h>
#include <forkmill/queue.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "client/objects/errors.h"
#include "client/objects/on_answer.h"
#include "client/objects/opening.h"
#include "client/objects/readiness.h"
#include "client/objects/values.h"

namespace forkmill::detail {

using client::Object;
using client::ObjectKind;
using client::Verb;

RawQueue::RawQueue(std::string_view name, std::int64_t maxsize, std::uint64_t type, const ObjectOptions& options)
    : Handle{[&] {
        if (maxsize < 0) throw std::invalid_argument{"a queue of size " + std::to_string(maxsize) + ", below 0"};
        return client::open_object(options, client::spec_of_elements(ObjectKind::queue, name, type, maxsize));
      }()} {}
RawQueue::RawQueue(const Ticket& ticket, std::uint64_t type)
    : Handle{client::open_object(ticket, ObjectKind::queue, type)} {}

std::int64_t RawQueue::qsize() const { return proto::items_in_queue(object().require({.verb = Verb::look})); }
std::int64_t RawQueue::unfinished() const { return proto::items_unfinished(object().require({.verb = Verb::look})); }
std::int64_t RawQueue::maxsize() const { return object().spec().size; }
void RawQueue::close() { object().close(); }
bool RawQueue::closed() const { return object().closed(); }

std::shared_ptr<Readiness> RawQueue::readiness() const {
  auto& undelivered = object().engine().holdings().undelivered_items();
  return std::make_shared<client::ObjectReadiness>(
      object_, Verb::poll, proto::Operands{},
      [&undelivered, number = object().number()] { return undelivered.has(number); });
}

void RawQueue::put_values(std::vector<std::string> values, Wait wait) {
  const auto many = values.size();
  auto payloads = client::payloads_of(std::move(values));
  auto answer = object().call({.verb = Verb::put, .values = payloads, .wait = wait});
  // Without a time limit, only a broker that was restarted answers like this: the rest is still to be put.
  while (!wait && answer.code == Errc::object_full) {
    payloads.erase(payloads.begin(), payloads.begin() + static_cast<std::ptrdiff_t>(proto::items_put(answer)));
    answer = object().call({.verb = Verb::put, .values = payloads, .wait = wait});
  }
  if (answer.code == Errc::object_full && many > 1)
    throw Full{std::to_string(proto::items_put(answer)) + " of " + std::to_string(many) + " items went into '" +
               name() + "'"};
  if (answer.code == Errc::timeout) throw Full{client::about_object(name(), answer)};
  if (answer.code != Errc::ok) object().fail(answer);
}

Ref<RemoteState> RawQueue::put_later(std::string value, Wait wait) {
  object();  // throws if the handle is empty
  return client::state_of_success(object_,
                                  {.verb = Verb::put, .values = {client::payload_of(std::move(value))}, .wait = wait},
                                  [](const Object::Answer&) { return client::payload_of(pack_nothing()); });
}

RawQueue::Got RawQueue::get_values(std::size_t most, bool lease, Wait wait) const {
  auto& object = this->object();
  object.check_open();
  Got got;
  auto& undelivered = object.engine().holdings().undelivered_items();
  if (std::vector<proto::Payload> late; !lease && undelivered.remove(object.number(), most, late)) {
    got.values = client::bytes_of(late);
    return got;
  }
  const auto undo = [&object, &undelivered, lease](Object::Answer& answer) {
    if (lease)
      object.post({.verb = Verb::settle, .operands = client::operands::settle(proto::lease_of(answer), false)});
    else
      undelivered.add(object.number(), answer.values);
  };
  const auto operands = client::operands::get(static_cast<std::int64_t>(most), lease);
  auto answer = object.call({.verb = Verb::get, .operands = operands, .wait = wait}, undo);
  if (answer.code == Errc::timeout) throw Empty{client::about_object(name(), answer)};
  if (answer.code != Errc::ok) object.fail(answer);
  if (!lease) undelivered.put_in_order(object.number(), answer.values);
  got.lease = proto::lease_of(answer);
  got.values = client::bytes_of(answer.values);
  return got;
}

Ref<RemoteState> RawQueue::get_later(Wait wait) const {
  object();  // throws if the handle is empty
  return client::state_of_success(object_,
                                  {.verb = Verb::get, .operands = client::operands::get(1, false), .wait = wait},
                                  [](const Object::Answer& answer) { return answer.values.at(0); });
}

void RawQueue::task_done_by(std::int64_t how_many) {
  if (how_many < 1) throw std::invalid_argument{"task_done(" + std::to_string(how_many) + ")"};
  object().require({.verb = Verb::done, .operands = client::operands::done(how_many)});
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
  if (number_ != 0) queue_->post({.verb = Verb::settle, .operands = client::operands::settle(number_, false)});
}

void LeaseOfItems::settle(bool done) {
  if (!queue_) throw_moved_from("leased item");
  const auto number = std::exchange(number_, 0);
  if (number == 0) throw Error{Errc::over_released, "this item was settled before"};
  queue_->require({.verb = Verb::settle, .operands = client::operands::settle(number, done)});
}

}  // namespace forkmill::detail
