// Object: the base of named objects of all kinds. A kind says what an operation does (attempt) and what becomes free
// when a client leaves (client_gone). WaitLines keeps the calls that wait and their time limits, OperationAnswers the
// answers, and ObjectStorage the records.
//
// Calls that wait stand in lines, first come, first served: after every change the heads of all lines are tried until
// none of them gets further.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/objects/base/answers.h"
#include "broker/core/objects/base/call.h"
#include "broker/core/objects/base/durable_state.h"
#include "broker/core/objects/base/object_host.h"

namespace forkmill::broker {

class Object : public DurableState {
 public:
  static constexpr std::size_t kLines = 4;

  Object(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host)
      : host{object_host}, id_{id}, spec_{std::move(spec)} {}

  ObjectId id() const { return id_; }
  const proto::ObjectSpec& spec() const { return spec_; }
  const std::string& name() const { return spec_.name; }
  bool durable() const { return spec_.durability == proto::Durability::durable; }

  // Does the operation and returns its answer. None: the operation is not done yet, and the call must wait in
  // line(call).
  virtual std::optional<Answer> attempt(Call& call) = 0;
  virtual std::size_t line(const Call&) const { return 0; }
  // Returns whether the call is tried although others wait in its line.
  virtual bool may_overtake(const Call&) const { return false; }
  // Ends the wait of a call whose time is over or that was withdrawn. None: the call waits on, without a time limit.
  virtual std::optional<Answer> expire(Call&) { return failed(Errc::timeout); }
  // Called when a call that waited has left its line because its client is gone.
  virtual void waiter_gone(const Call&) {}
  // Frees what this client had of the object.
  virtual void client_gone(ClientHandle) {}
  // The same for a client that has ended in order: by GOODBYE, or by the exit of its process.
  virtual void client_left(ClientHandle client) { client_gone(client); }
  // Called when a client has made the object, before opened(), if the call brings values that its elements begin as.
  virtual void begin_as(const Call&) {}
  // Called when a client has opened the object; call.op.spec is the spec as this client gave it.
  virtual void opened(Call&) {}
  // Called after a change, when all calls that it lets go on have gone on.
  virtual void after_change() {}
  // Returns whether no client has anything of the object or can have it again, so that it may be removed.
  virtual bool is_over() const { return false; }

  // ---- For operators
  struct Hold {
    ClientHandle client;
    std::uint64_t who = 0;
    std::int64_t count = 0;
    std::int64_t token = 0;
  };
  virtual std::vector<Hold> holders() const { return {}; }
  std::size_t waiting() const {
    std::size_t sum = 0;
    for (const Line& line : lines) sum += line.size();
    return sum;
  }

  std::array<Line, kLines> lines;
  ClientHandle owner;       // the object is removed with this client; none: it stays
  bool was_stored = false;  // an earlier broker has made it; which principals have named it is not known

 protected:
  ObjectHost& host;

 private:
  ObjectId id_;
  proto::ObjectSpec spec_;
};

}  // namespace forkmill::broker
