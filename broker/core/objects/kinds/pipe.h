// Pipe: messages between two ends. An end is open while a client has it open, and while it is lent, that is, on its way
// to another client. When one end is closed, the other end reads the messages that are left, and then the end of the
// stream.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

class Pipe final : public Object {
 public:
  using Object::Object;

  void opened(Call& call) override;
  std::optional<Answer> attempt(Call& call) override;
  std::size_t line(const Call& call) const override;
  std::optional<Answer> expire(Call& call) override;
  void client_gone(ClientHandle client) override;
  bool is_over() const override { return ends_[0].closed() && ends_[1].closed(); }
  std::size_t size() const override { return ends_[0].inbox.size() + ends_[1].inbox.size(); }
  std::vector<Hold> holders() const override;

 private:
  struct End {
    std::deque<proto::Payload> inbox;
    std::size_t bytes = 0;
    std::unordered_map<ClientHandle, std::int64_t> holders;
    std::size_t lent = 0;
    bool used = false;  // a client has had it open
    bool closed() const { return used && lent == 0 && holders.empty(); }
  };

  std::optional<Answer> send(Call& call, std::size_t end);
  std::optional<Answer> receive(const Call& call, std::size_t end);
  Answer close(const Call& call, std::size_t end);
  Answer lend(const Call& call, std::size_t end);
  void hold(std::size_t end, ClientHandle client);
  bool one_way() const { return (spec().flags & proto::kObjectOneWay) != 0; }

  std::array<End, 2> ends_;
  std::map<std::int64_t, std::size_t> tickets_;  // ends that are lent, by ticket
  std::int64_t last_ticket_ = 0;
};

}  // namespace forkmill::broker
