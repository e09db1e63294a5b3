// Objects: all named objects, the clients' operations on them, and those who wait. An operation is done when it comes,
// or when its turn has come; its answer goes out at the end of the round, and not before what it says is as safe as
// its object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/objects/client_operations.h"
#include "broker/core/objects/kinds/object_host.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Object;
class StoredRecord;

class Objects final : ObjectHost {
 public:
  explicit Objects(BrokerState& state);
  ~Objects();
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  void operate(Client& client, proto::Operate& message);
  // Its session ended: what it held is free.
  void client_gone(ClientHandle client);
  // Whether it is known what this client has asked and holds.
  bool knows(ClientHandle client) const { return operations_of_.contains(client); }

  // Times out who has waited for long enough; then writes down and answers.
  void tick();
  void finish_round();
  proto::Instant next() const { return deadlines_.empty() ? proto::kNever : deadlines_.begin()->first; }

  // At the start, by rising number; then once. The clients that hold something must come back in time. Throws
  // std::runtime_error, naming the record, when it makes no sense.
  void recover(proto::TaskSeq seq, std::string_view record);
  std::vector<ClientHandle> recovered();

  // QUERY object_remove, object_release
  proto::Reply remove(const proto::Query& query);
  proto::Reply release(const proto::Query& query);

  const std::map<std::string, Object*, std::less<>>& by_name() const { return names_; }
  Object* named(const std::string& name) const;  // null: there is none
  // Of all objects, for whoever checks the state.
  template <class F>
  void visit(F&& visitor) const {
    for (const auto& [id, object] : objects_) visitor(*object);
  }
  // A client whose process waits for an object.
  bool waits(ClientHandle client) const;

 private:
  // ObjectHost
  Object* find(ObjectId id) override;
  void holds(ClientHandle client, ObjectId object) override;
  void move(Call& call, Object& to, std::size_t line) override;
  void changed(Object& object) override;

  void begin(ClientHandle client, ClientOperations& operations, proto::Operation operation);
  std::optional<Answer> carry_out(Call& call);
  Answer open(Call& call);
  Answer withdraw(const Call& call);
  void take(Object& object);
  void park(std::unique_ptr<Call> call, ClientOperations::Entry& entry);
  void leave_line(Call& call);
  void give_up(Call& call);
  void settle();
  void note_progress(const Object& object, const Call& call);
  void note_condition_waiter(const Call& call);
  void lay_down(ClientHandle client, ClientOperations& operations);
  void pump(Object& object);
  void put_answer(ClientHandle client, std::uint64_t number, const Object* object, Answer answer);
  void resend(ClientHandle client, ClientOperations& operations, std::uint64_t number);
  void touch(ClientHandle client, ClientOperations& operations);
  void take_up(proto::TaskSeq seq, const StoredRecord& record);
  void save_objects();
  void save(ClientOperations& operations, ClientHandle client);
  void send_answers(ClientHandle client, ClientOperations& operations);
  proto::TaskSeq next_record() { return state_.tasks.next_number(); }

  BrokerState& state_;
  std::unordered_map<ObjectId, std::unique_ptr<Object>> objects_;
  std::map<std::string, Object*, std::less<>> names_;
  std::unordered_map<ClientHandle, ClientOperations> operations_of_;
  Deadline deadlines_;
  std::vector<ObjectId> changed_;  // whose lines may get further
  std::vector<ObjectId> dirty_;    // durable ones to be written down
  std::vector<ClientHandle> touched_;
  std::uint64_t last_id_ = 0;
};

}  // namespace forkmill::broker
