'use strict'
// What Haraka leaves to plugins, in the smallest form: who lives here, where mail is kept, where all else goes. See ../haraka.py.
const fs = require('node:fs')
const path = require('node:path')

exports.register = function () {
    this.peer = this.config.get('peer.json')
}

exports.hook_rcpt = function (next, connection, params) {
    const { mailboxes } = this.peer
    if (!mailboxes) {
        connection.relaying = true
        return next(OK)
    }
    if (mailboxes.includes(params[0].address.toLowerCase())) return next(OK)
    next(DENY, 'no such mailbox here')
}

exports.hook_queue = function (next, connection) {
    const { maildir } = this.peer
    const half = path.join(maildir, 'tmp', connection.transaction.uuid)
    const file = fs.createWriteStream(half)
    file.once('error', (error) => next(DENYSOFT, error.message))
    file.once('close', () => {
        fs.renameSync(half, path.join(maildir, 'new', connection.transaction.uuid))
        next(OK)
    })
    connection.transaction.message_stream.pipe(file)
}

exports.hook_get_mx = function (next) {
    next(OK, this.peer.gateway)
}
