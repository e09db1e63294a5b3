// Pipe: messages between two ends. An end is open while a client has it open, and while it is lent, that is, on its way
// to another client (pipe_loans.h). When one end is closed, the other end reads the messages that are left, and then
// the end of the stream.
#pragma once

#include <deque>
#include <unordered_map>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/kinds/pipe_loans.h"

namespace forkmill::broker {

class Pipe final : public Object {
 public:
  Pipe(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host)
      : Object{id, std::move(spec), object_host}, loans_{id, object_host} {}

  PipeLoans& loans() { return loans_; }
  const PipeLoans& loans() const { return loans_; }
  // As PipeLoans::keep_open().
  bool is_open(std::size_t end, PipeLoans::Ends& seen) const {
    return !ends_[end].used || !ends_[end].holders.empty() || loans_.keep_open(end, seen);
  }
  // Whether a client may read what lies at this end. A client may open an end for the first time while the other end
  // keeps the pipe.
  bool can_be_read(std::size_t end, PipeLoans::Ends& seen) const {
    const bool never_opened = !ends_[end].used && ends_[1 - end].used;
    return is_open(never_opened ? 1 - end : end, seen);
  }
  // Whether a message of that size may be sent from this end now.
  bool has_room(std::size_t end, std::size_t bytes) const;

  void opened(Call& call) override;
  std::optional<Answer> attempt(Call& call) override;
  std::size_t line(const Call& call) const override;
  std::optional<Answer> expire(Call& call) override;
  void client_gone(ClientHandle client) override;
  void after_change() override;
  // An end that no client has ever had does not keep the pipe: its maker may have gone before it opened the second one.
  bool is_over() const override {
    const bool used = ends_[0].used || ends_[1].used;
    return used && (!ends_[0].used || is_closed(0)) && (!ends_[1].used || is_closed(1));
  }
  Contents contents() const override {
    return {ends_[0].inbox.size() + ends_[1].inbox.size(), ends_[0].bytes + ends_[1].bytes, false};
  }
  std::vector<Hold> holders() const override;

 private:
  struct End {
    std::deque<proto::Payload> inbox;
    std::size_t bytes = 0;
    std::unordered_map<ClientHandle, std::int64_t> holders;
    bool used = false;  // a client has had it open
  };

  std::optional<Answer> send(Call& call, std::size_t end);
  std::optional<Answer> receive(const Call& call, std::size_t end);
  Answer close(const Call& call, std::size_t end);
  Answer lend(const Call& call, std::size_t end);
  Answer claim(const Call& call);
  Answer place(const Call& call);
  bool is_closed(std::size_t end) const {
    PipeLoans::Ends seen;
    return !is_open(end, seen);
  }
  void hold(std::size_t end, ClientHandle client);
  bool one_way() const { return (spec().flags & proto::kObjectOneWay) != 0; }

  std::array<End, 2> ends_;
  PipeLoans loans_;
};

}  // namespace forkmill::broker
