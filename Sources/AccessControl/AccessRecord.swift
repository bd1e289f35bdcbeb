import struct Foundation.Date

/// One line of `access.jsonl`: something that happened to a token.
struct AccessRecord: Codable, Equatable {
    enum Kind: String, Codable {
        /// A token was made.
        case issued
        /// A worker's own key was taken up.
        case enrolled
        /// The token and the keys that came by it let nobody in any more.
        case revoked
    }

    var time: Date
    var kind: Kind
    /// Of the token.
    var name: String
    /// The token's public key, or the worker's.
    var key: String?
    /// When a token that was not used lets nobody in any more.
    var expires: Date?
    /// Whether it takes up more than one worker.
    var isReusable: Bool?
    /// Of the machine whose worker was taken up.
    var host: String?
}
