import SwiftProtobuf
import TrainingProtocol

import struct Foundation.Data

/// The members of a generation as bytes. They are the same for all who are told of it: made for each of a thousand anew,
/// they would take the coordinator a second.
public struct MemberListCache {
    private var members: [Member] = []
    private var bytes = Data()

    public init() {}

    mutating func bytes(of members: [Member]) throws(WireError) -> Data {
        // Arrays that share their memory are equal at a glance.
        if members != self.members {
            let list = Lockstep_MemberList.with { $0.members = members.map(Lockstep_Member.init) }
            bytes = Data(try serialized(list))
            self.members = members
        }
        return bytes
    }
}
