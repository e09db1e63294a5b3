#include <forkmill/pipe.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "client/engine/loans.h"
#include "client/objects/opening.h"
#include "client/objects/readiness.h"
#include "client/objects/values.h"

namespace forkmill::detail {

using client::Object;
using client::ObjectKind;
using client::Verb;

// Messages that the broker took out of a pipe for reads that had given up waiting. Thread-safe.
class LateMessages {
 public:
  void add(std::vector<proto::Payload>& messages) {
    const std::lock_guard hold{mutex_};
    for (auto& message : messages) messages_.push_back(std::move(message));
  }
  bool empty() const {
    const std::lock_guard hold{mutex_};
    return messages_.empty();
  }
  // Empty: there is none.
  std::optional<proto::Payload> pop() {
    const std::lock_guard hold{mutex_};
    if (messages_.empty()) return std::nullopt;
    auto message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<proto::Payload> messages_;
};

class PipeEnd {
 public:
  PipeEnd(std::shared_ptr<Object> pipe, std::int64_t end) : object{std::move(pipe)}, number{end} {}
  ~PipeEnd() {
    if (!closed_) object->post({.verb = Verb::close, .operands = client::operands::at_end(number)});
  }
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;

  // Loans of this end that were packed, and sent nowhere, end with it.
  void close() {
    if (closed_.exchange(true)) return;
    client::take_back(client::remove_unsent_of(this));
    object->require({.verb = Verb::close, .operands = client::operands::at_end(number)});
  }
  bool closed() const { return closed_; }
  void check_open() const {
    if (closed_) throw Error{Errc::object_closed, "this end of pipe '" + object->name() + "'"};
  }
  bool one_way() const { return (object->spec().flags & proto::kObjectOneWay) != 0; }

  const std::shared_ptr<Object> object;  // no other end shares it
  const std::int64_t number;
  const std::shared_ptr<LateMessages> late = std::make_shared<LateMessages>();

 private:
  std::atomic<bool> closed_{false};
};

std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> RawConnection::make(std::string_view name, bool duplex,
                                                                                  std::uint64_t type,
                                                                                  const ObjectOptions& options) {
  const auto flags = duplex ? 0 : proto::kObjectOneWay;
  const auto spec = [&](std::string_view pipe) {
    return client::spec_of_elements(ObjectKind::pipe, pipe, type, 0, flags);
  };
  const auto first = client::open_object(options, spec(name), 1);
  const auto second = client::open_object(ObjectOptions{first->engine_ref()}.must_exist(), spec(first->address()), 2);
  return {std::make_shared<PipeEnd>(first, 0), std::make_shared<PipeEnd>(second, 1)};
}

RawConnection::RawConnection(const Ticket& ticket, std::uint64_t type) {
  auto object = client::open_object(ObjectOptions{}.must_exist(),
                                    client::spec_of_elements(ObjectKind::pipe, ticket.name, type, 0, ticket.flags));
  object->require({.verb = Verb::lend, .operands = client::operands::claim(ticket.end, ticket.number)});
  end_ = std::make_shared<PipeEnd>(std::move(object), ticket.end);
}

PipeEnd& RawConnection::end() const {
  if (!end_) throw Error{Errc::object_closed, "this connection is empty: it was moved from or never set"};
  end_->check_open();
  return *end_;
}

Ticket RawConnection::travel_ticket() const {
  auto& end = this->end();
  const auto answer = end.object->require({.verb = Verb::lend, .operands = client::operands::at_end(end.number)});
  const auto& spec = end.object->spec();
  Ticket ticket{end.object->address(), spec.size, spec.flags & proto::kObjectIdentity, end.number,
                proto::ticket_of(answer)};
  if (proto::keeps_account(answer)) {
    client::add_unsent(
        {end.object->engine_ref(), end.object->number(), end.number, ticket.number, &end, pack_value(ticket)});
  }
  return ticket;
}

bool RawConnection::readable() const { return !end().one_way() || end().number == 0; }
bool RawConnection::writable() const { return !end().one_way() || end().number == 1; }
bool RawConnection::closed() const { return !end_ || end_->closed(); }
void RawConnection::close() {
  if (end_) end_->close();
}
Origin* RawConnection::engine() const { return end().object->engine_ref().get(); }
const std::string& RawConnection::pipe_name() const { return end().object->name(); }

void RawConnection::send_value(std::string message, Wait wait) {
  if (message.size() > proto::limits::kMaxPayload) check_value(message);
  auto& end = this->end();
  end.object->require({.verb = Verb::send,
                       .operands = client::operands::at_end(end.number),
                       .values = {client::payload_of(std::move(message))},
                       .wait = wait});
}

Bytes RawConnection::receive(Wait wait) {
  auto& end = this->end();
  if (const auto message = end.late->pop()) return client::bytes_of(*message);
  const auto undo = [late = end.late](Object::Answer& answer) { late->add(answer.values); };
  const auto operands = client::operands::receive(end.number, 1);
  const auto answer = end.object->require({.verb = Verb::receive, .operands = operands, .wait = wait}, undo);
  return client::bytes_of(answer.values.at(0));
}

std::size_t RawConnection::recv_bytes_into(std::span<std::byte> buffer) {
  const auto message = receive({});
  if (message.view.size() > buffer.size()) throw BufferTooSmall{std::string{message.view}};
  std::ranges::copy(std::as_bytes(std::span{message.view}), buffer.begin());
  return message.view.size();
}

std::shared_ptr<Readiness> RawConnection::readiness() const {
  auto& end = this->end();
  if (!readable()) throw Error{Errc::wrong_direction, "this end of pipe '" + end.object->name() + "' only sends"};
  // The pipe's end stays open while it is waited for.
  return std::make_shared<client::ObjectReadiness>(end.object, Verb::poll, client::operands::at_end(end.number),
                                                   [open = end_] { return !open->late->empty(); });
}

bool RawConnection::poll_within(Wait wait) {
  auto& end = this->end();
  if (!end.late->empty()) return true;
  const auto operands = client::operands::at_end(end.number);
  const auto answer = end.object->call({.verb = Verb::poll, .operands = operands, .wait = wait});
  if (answer.code == Errc::timeout) return false;
  if (answer.code != Errc::ok) end.object->fail(answer);
  return proto::is_readable(answer);
}

}  // namespace forkmill::detail
