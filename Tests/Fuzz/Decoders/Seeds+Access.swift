// Keys are those of the examples in ZeroMQ's manual.

extension Seeds {
    private static let publicKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    private static let secretKey = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

    static let joinToken = """
        # A Lockstep join token; keep it secret until it is used:
        lockstep-token 1
        name a
        coordinator \(publicKey)
        secret \(secretKey)
        address tcp://head:5555

        """

    static let accessRecords = [
        #"{"key":"\#(publicKey)","kind":"issued","name":"a","time":"2026-11-28T20:00:00Z","expires":"2026-11-29T20:00:00Z","isReusable":true}"#,
        #"{"host":"node","key":"\#(publicKey)","kind":"enrolled","name":"a","time":"2026-11-28T20:01:00Z"}"#,
        #"{"kind":"revoked","name":"a","time":"2026-11-28T20:02:00Z"}"#,
    ]

    static let hostsFile = """
        # two machines
        node1 threads=4 workers=2 dir=/opt/lockstep
        user@node2
        """
}
