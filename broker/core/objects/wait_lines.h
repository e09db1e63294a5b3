// WaitLines: the calls that wait for named objects, their time limits, and the objects that have changed, whose waiting
// calls may get further. WaitLines is the ObjectHost of all objects as well.
//
// A change is carried through in steps: pop_changed() names an object, advance() tries the calls that wait for it,
// which may change other objects. Operations answer at once or in advance().
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "broker/core/objects/base/loan_principals.h"
#include "broker/core/objects/base/object_host.h"
#include "broker/core/objects/directory.h"
#include "broker/core/objects/operation_answers.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class WaitLines final : public ObjectHost {
 public:
  WaitLines(BrokerState& state, Loans& loans, ObjectDirectory& directory, OperationAnswers& operations)
      : state_{state}, loans_{loans}, directory_{directory}, operations_{operations} {}

  // ---- ObjectHost
  Object* find(ObjectId id) override { return directory_.find(id); }
  void note_holding(ClientHandle client, ObjectId object) override { directory_.note_holding(client, object); }
  void move(Call& call, Object& to, std::size_t line) override;
  void note_changed(Object& object) override { changed_.push_back(object.id()); }
  Loans& loans() override { return loans_; }
  const LoanPrincipals& principals() const override { return principals_; }

  // Returns whether an operation with this verb may wait, and so stands in line behind others. All other operations are
  // done or refused at once.
  static bool may_wait(proto::Verb verb);
  // Puts the call, whose object is set, at the end of its line. A call that may wait for 0 ms expires at once.
  void add(std::unique_ptr<Call> call, CachedOperations::Entry& entry);
  // Puts a call that waited when the broker before this one ended in its line. Does nothing if its object is gone.
  void restore(CachedOperations& operations, CachedOperations::ConditionWaiter waiter);
  void remove(Call& call);
  // Ends the wait of the call without success, unless its object lets it wait on without a time limit.
  void expire(Call& call);
  // Answers all calls that wait for the object with this code.
  void fail_all(Object& object, Errc code);

  // Returns an object that has changed, and removes it from the list. None: no object has changed.
  std::optional<ObjectId> pop_changed();
  // Tries the calls that wait for the object, line by line, until none of them gets further.
  void advance(Object& object);

  // Returns the call whose time was over first, or null.
  Call* next_expired() const;
  Instant next_wakeup() const { return deadlines_.empty() ? proto::kNever : deadlines_.begin()->first; }

 private:
  void stop_clock(Call& call);

  BrokerState& state_;
  Loans& loans_;
  const LoanPrincipals principals_{state_};
  ObjectDirectory& directory_;
  OperationAnswers& operations_;
  CallDeadlines deadlines_;
  std::vector<ObjectId> changed_;
};

}  // namespace forkmill::broker
