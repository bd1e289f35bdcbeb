import FlyingFox
import Foundation

/// What is said to a request, whole.
package struct DashboardAnswer {
    package let code: HTTPStatusCode
    package var headers: [HTTPHeader: String]
    package let body: Data

    var response: HTTPResponse {
        HTTPResponse(statusCode: code, headers: HTTPHeaders(headers), body: body)
    }
}
