#include <forkmill/sync.h>

#include <exception>
#include <utility>

#include "client/futures/log.h"
#include "client/objects/acquire.h"
#include "client/objects/opening.h"

namespace forkmill {

using client::ObjectKind;
using client::Verb;

namespace {

bool is_locked(client::Object& lock) { return proto::times_held(lock.require({.verb = Verb::look})) > 0; }

}  // namespace

std::int64_t detail::AnyLock::token() const { return object().holding().token(); }

Lock::Lock(std::string_view name, const ObjectOptions& options)
    : AnyLock{client::open_object(options, client::spec_of(ObjectKind::lock, name))} {}
Lock::Lock(const detail::Ticket& ticket, detail::FromTicket) : AnyLock{client::open_object(ticket, ObjectKind::lock)} {}
bool Lock::locked() const { return is_locked(object()); }

RLock::RLock(std::string_view name, const ObjectOptions& options)
    : AnyLock{client::open_object(options, client::spec_of(ObjectKind::lock, name, 0, proto::kObjectRecursive))} {}
RLock::RLock(std::string_view name, const client::Object& with)
    : AnyLock{[&] {
        auto spec = client::spec_of(ObjectKind::lock, name, 0, proto::kObjectRecursive);
        spec.other = with.number();
        return client::open_object(ObjectOptions{with.engine_ref()}, std::move(spec));
      }()} {}
RLock::RLock(const detail::Ticket& ticket, detail::FromTicket)
    : AnyLock{client::open_object(ticket, ObjectKind::lock)} {}
bool RLock::locked() const { return is_locked(object()); }

}  // namespace forkmill
