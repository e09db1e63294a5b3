// The description of the API in OpenAPI 3.0, made from routes(). Pure.
#pragma once

#include "client/web/api/broker.h"

namespace forkmill::web {

Json openapi_document();

}  // namespace forkmill::web
