#include <forkmill/pipe.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "client/objects/object.h"

namespace forkmill::detail {

using client::Object;
using client::ObjectKind;
using client::Verb;

class PipeEnd {
 public:
  PipeEnd(std::shared_ptr<Object> pipe, std::int64_t end) : object{std::move(pipe)}, number{end} {}
  ~PipeEnd() {
    if (!closed_) object->forget({.verb = Verb::close, .a = number});
  }
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;

  void close() {
    if (!closed_.exchange(true)) object->require({.verb = Verb::close, .a = number});
  }
  bool closed() const { return closed_; }
  void check_open() const {
    if (closed_) throw Error{Errc::object_closed, "this end of pipe '" + object->name() + "'"};
  }
  bool one_way() const { return (object->spec().flags & proto::kObjectOneWay) != 0; }

  const std::shared_ptr<Object> object;  // of this end alone
  const std::int64_t number;

 private:
  std::atomic<bool> closed_{false};
};

namespace {

proto::ObjectSpec spec_of(std::string_view name, std::int64_t flags, std::uint64_t type) {
  proto::ObjectSpec spec;
  spec.name = name;
  spec.kind = ObjectKind::pipe;
  spec.type = type;
  spec.flags = flags;
  return spec;
}

}  // namespace

std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> RawConnection::make(std::string_view name, bool duplex,
                                                                                  std::uint64_t type,
                                                                                  const ObjectOptions& options) {
  const auto flags = duplex ? 0 : proto::kObjectOneWay;
  const auto first = Object::open(options, spec_of(name, flags, type), 1);
  const auto rest = ObjectOptions{first->engine_ref()}.must_exist();
  const auto second = Object::open(rest, spec_of(first->name(), flags, type), 2);
  return {std::make_shared<PipeEnd>(first, 0), std::make_shared<PipeEnd>(second, 1)};
}

RawConnection::RawConnection(const Ticket& ticket, std::uint64_t type) {
  auto object = Object::open(ObjectOptions{}.must_exist(), spec_of(ticket.name, ticket.flags, type));
  object->require({.verb = Verb::lend, .a = ticket.end, .b = ticket.number});
  end_ = std::make_shared<PipeEnd>(std::move(object), ticket.end);
}

PipeEnd& RawConnection::end() const {
  if (!end_) throw Error{Errc::object_closed, "this connection is empty: it was moved from or never set"};
  end_->check_open();
  return *end_;
}

Ticket RawConnection::travel_ticket() const {
  auto& end = this->end();
  const auto answer = end.object->require({.verb = Verb::lend, .a = end.number});
  const auto& spec = end.object->spec();
  return {spec.name, spec.size, spec.flags & proto::kObjectIdentity, end.number, answer.a};
}

bool RawConnection::readable() const { return !end().one_way() || end().number == 0; }
bool RawConnection::writable() const { return !end().one_way() || end().number == 1; }
bool RawConnection::closed() const { return !end_ || end_->closed(); }
void RawConnection::close() {
  if (end_) end_->close();
}
Origin* RawConnection::engine() const { return &end().object->engine(); }
const std::string& RawConnection::pipe_name() const { return end().object->name(); }

void RawConnection::send_value(std::string message, Wait wait) {
  if (message.size() > proto::limits::kMaxPayload) check_value(message);
  auto& end = this->end();
  end.object->require(
      {.verb = Verb::send, .a = end.number, .values = {client::payload_of(std::move(message))}, .wait = wait});
}

Bytes RawConnection::receive(Wait wait) {
  auto& end = this->end();
  auto& object = *end.object;
  if (std::vector<proto::Payload> late; object.take_late(1, late)) return client::bytes_of(late[0]);
  const auto undo = [&object](Object::Answer& answer) { object.keep_late(answer); };
  const auto answer = object.require({.verb = Verb::receive, .a = end.number, .b = 1, .wait = wait}, undo);
  return client::bytes_of(answer.values.at(0));
}

std::size_t RawConnection::recv_bytes_into(std::span<std::byte> buffer) {
  const auto message = receive({});
  if (message.view.size() > buffer.size()) throw BufferTooSmall{std::string{message.view}};
  std::ranges::copy(std::as_bytes(std::span{message.view}), buffer.begin());
  return message.view.size();
}

bool RawConnection::poll_within(Wait wait) {
  auto& end = this->end();
  const auto answer = end.object->call({.verb = Verb::poll, .a = end.number, .wait = wait});
  if (answer.code == Errc::timeout) return false;
  if (answer.code != Errc::ok) end.object->fail(answer);
  return answer.a != 0;
}

}  // namespace forkmill::detail
