#include <forkmill/sync.h>

#include <stdexcept>
#include <utility>

#include "client/objects/acquire.h"
#include "client/objects/opening.h"

namespace forkmill {

using client::ObjectKind;
using client::Verb;

Semaphore::Semaphore(std::string_view name, std::int64_t value, const ObjectOptions& options)
    : Semaphore{name, value, 0, options} {}
Semaphore::Semaphore(std::string_view name, std::int64_t value, std::int64_t flags, const ObjectOptions& options)
    : Acquirable{[&] {
        if (value < 0) throw std::invalid_argument{"a semaphore's value is " + std::to_string(value) + ", below 0"};
        return client::open_object(options, client::spec_of(ObjectKind::semaphore, name, value, flags));
      }()} {}
Semaphore::Semaphore(const detail::Ticket& ticket, detail::FromTicket)
    : Acquirable{client::open_object(ticket, ObjectKind::semaphore)} {}

void Semaphore::release(std::int64_t how_many) {
  if (how_many < 1) throw std::invalid_argument{"a semaphore is to be released " + std::to_string(how_many) + " times"};
  client::release_units(object(), how_many);
}

std::int64_t Semaphore::value() const { return proto::units_left(object().require({.verb = Verb::look})); }

BoundedSemaphore::BoundedSemaphore(std::string_view name, std::int64_t value, const ObjectOptions& options)
    : Semaphore{name, value, proto::kObjectBounded, options} {}

}  // namespace forkmill
