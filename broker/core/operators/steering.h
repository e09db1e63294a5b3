// Steering: the commands that pause, resume and limit queues, task names and workers, and that order workers to drain
// or to have more or fewer children. Each control that is set has one record in the store, in the commit for which the
// reply to its command waits. A broker without a store forgets them at its end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/core/operators/answers/replies.h"
#include "broker/core/peers/worker_orders.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Steering {
 public:
  Steering(BrokerState& state, WorkerOrders& orders) : state_{state}, orders_{orders} {}

  // The bodies have the name, and whether the command has changed anything.
  ReplyBody carry_out(const proto::PauseQueue& command);
  ReplyBody carry_out(const proto::ResumeQueue& command);
  ReplyBody carry_out(const proto::PauseName& command);
  ReplyBody carry_out(const proto::ResumeName& command);
  // The body has the limits that are valid now.
  ReplyBody carry_out(const proto::LimitQueue& command);
  // The body has the workers that the command has met, with an answer for each.
  ReplyBody carry_out(const proto::SteerWorkers& command);

  // Whether the record of a store is one of a control.
  static bool is_record(std::string_view record);
  // Reads such a record. Throws std::runtime_error, which names the record, if it makes no sense.
  void recover(proto::TaskSeq seq, std::string_view record);

 private:
  enum class ControlOf : std::uint8_t { queue = 1, name = 2, worker = 3 };
  struct Named {
    ControlOf what;
    std::string name;
    Control control;
  };

  static std::string record_of(const Named& named);
  static Named control_in(std::string_view record);
  Controls::ByName& controls_of(ControlOf what);

  // Returns whether that changes anything.
  proto::Result<bool> pause(ControlOf what, const std::string& name, bool paused);
  // Sets the control, or forgets it if it is empty, and writes its record. Fails if there are too many.
  proto::Status set(Named named);
  void drop(ControlOf what, Controls::ByName::iterator control);
  // Forgets the pauses of workers that are not connected.
  void drop_absent_workers();

  // By rising handle.
  std::vector<Worker*> workers_of(const proto::SteerWorkers& command) const;
  // Returns the answer of one worker.
  proto::Result<std::string_view> steer(Worker& worker, const proto::SteerWorkers& command);

  BrokerState& state_;
  WorkerOrders& orders_;
};

}  // namespace forkmill::broker
