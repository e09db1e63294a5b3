#include "broker/core/objects/kinds/make_object.h"

#include "broker/core/objects/kinds/barrier.h"
#include "broker/core/objects/kinds/condition.h"
#include "broker/core/objects/kinds/dict.h"
#include "broker/core/objects/kinds/event.h"
#include "broker/core/objects/kinds/item_queue.h"
#include "broker/core/objects/kinds/lock.h"
#include "broker/core/objects/kinds/pipe.h"
#include "broker/core/objects/kinds/semaphore.h"
#include "broker/core/objects/kinds/value_list.h"

namespace forkmill::broker {

using proto::ObjectKind;

std::unique_ptr<Object> make_object(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host) {
  switch (spec.kind) {
    case ObjectKind::lock:
      return std::make_unique<Lock>(id, std::move(spec), object_host);
    case ObjectKind::semaphore:
      return std::make_unique<Semaphore>(id, std::move(spec), object_host);
    case ObjectKind::event:
      return std::make_unique<EventObject>(id, std::move(spec), object_host);
    case ObjectKind::condition:
      return std::make_unique<Condition>(id, std::move(spec), object_host);
    case ObjectKind::barrier:
      return std::make_unique<Barrier>(id, std::move(spec), object_host);
    case ObjectKind::queue:
      return std::make_unique<ItemQueue>(id, std::move(spec), object_host);
    case ObjectKind::pipe:
      return std::make_unique<Pipe>(id, std::move(spec), object_host);
    case ObjectKind::dict:
      return std::make_unique<Dict>(id, std::move(spec), object_host);
    case ObjectKind::list:
      return std::make_unique<ValueList>(id, std::move(spec), object_host);
  }
  return nullptr;
}

}  // namespace forkmill::broker
