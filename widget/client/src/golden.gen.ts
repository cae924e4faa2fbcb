// Made by functions/wire/gen from the Go structs of functions/wire. Do not edit: change those and run `make gen`.
import type { AgentRequest, CustomerRequest, ServerFrame } from './wire.gen';

/** The frames of functions/wire/testdata/customer.*.json. */
export const customerRequests: Record<string, CustomerRequest> = {
"customer.beat.json": {
  "action": "customer",
  "id": 5,
  "type": "beat",
  "cursors": {
    "s4k2m7q3x5z6w2a4b6c7": 5
  }
},
"customer.hello.json": {
  "action": "customer",
  "id": 1,
  "type": "hello",
  "cursors": {
    "s4k2m7q3x5z6w2a4b6c7": 4
  },
  "page": {
    "url": "https://shop.example/plants/calathea-orbifolia",
    "title": "Calathea Orbifolia – Fern & Fable"
  },
  "language": "en-GB"
},
"customer.leave.json": {
  "action": "customer",
  "id": 6,
  "type": "leave",
  "session": "s4k2m7q3x5z6w2a4b6c7"
},
"customer.read.json": {
  "action": "customer",
  "type": "read",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "place": 5
},
"customer.send.json": {
  "action": "customer",
  "id": 3,
  "type": "send",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "cid": "c-02",
  "after": 4,
  "text": "About two metres, but the\nsun is strong."
},
"customer.since.json": {
  "action": "customer",
  "id": 4,
  "type": "since",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "after": 2
},
"customer.start.json": {
  "action": "customer",
  "id": 2,
  "type": "start",
  "nonce": "n-5f0c1d2e",
  "cid": "c-01",
  "text": "Hi! My Calathea’s leaves are turning brown at the edges 😟",
  "name": "Ana Lima",
  "email": "ana.lima@example.com",
  "queue": "plant-care",
  "page": {
    "url": "https://shop.example/plants/calathea-orbifolia",
    "title": "Calathea Orbifolia – Fern & Fable"
  },
  "language": "pt-PT",
  "offline": true
},
"customer.typing.json": {
  "action": "customer",
  "type": "typing",
  "session": "s4k2m7q3x5z6w2a4b6c7"
},
};

/** The frames of functions/wire/testdata/agent.*.json. */
export const agentRequests: Record<string, AgentRequest> = {
"agent.accept.json": {
  "action": "agent",
  "id": 3,
  "type": "accept",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "generation": 1,
  "round": 2
},
"agent.beat.json": {
  "action": "agent",
  "id": 5,
  "type": "beat",
  "cursors": {
    "s4k2m7q3x5z6w2a4b6c7": 5
  }
},
"agent.close.json": {
  "action": "agent",
  "id": 8,
  "type": "close",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "generation": 1,
  "disposition": "Solved",
  "note": "Repotting advice given."
},
"agent.hello.json": {
  "action": "agent",
  "id": 1,
  "type": "hello",
  "cursors": {
    "s4k2m7q3x5z6w2a4b6c7": 4,
    "s7q3x5z6w2a4b6c7d2e3": 11
  },
  "signIn": true
},
"agent.leave.json": {
  "action": "agent",
  "id": 11,
  "type": "leave",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "agent": "ben"
},
"agent.ledger.json": {
  "action": "agent",
  "id": 13,
  "type": "ledger",
  "session": "s4k2m7q3x5z6w2a4b6c7"
},
"agent.mark.json": {
  "action": "agent",
  "type": "mark",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "generation": 1,
  "round": 2,
  "seen": true
},
"agent.messages.json": {
  "action": "agent",
  "id": 14,
  "type": "messages"
},
"agent.pick.json": {
  "action": "agent",
  "id": 15,
  "type": "pick",
  "session": "s4k2m7q3x5z6w2a4b6c7"
},
"agent.read.json": {
  "action": "agent",
  "type": "read",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "place": 5
},
"agent.reject.json": {
  "action": "agent",
  "id": 4,
  "type": "reject",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "generation": 1,
  "round": 2
},
"agent.send.json": {
  "action": "agent",
  "id": 3,
  "type": "send",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "cid": "c-02",
  "after": 4,
  "text": "Oh no, poor thing! Let’s save it 🌿"
},
"agent.since.json": {
  "action": "agent",
  "id": 4,
  "type": "since",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "after": 2
},
"agent.status.json": {
  "action": "agent",
  "id": 2,
  "type": "status",
  "state": "PAUSED",
  "reason": "Lunch",
  "after": true,
  "agent": "ben"
},
"agent.team.json": {
  "action": "agent",
  "id": 12,
  "type": "team"
},
"agent.transfer.json": {
  "action": "agent",
  "id": 9,
  "type": "transfer",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "agent": "ben",
  "note": "Asks for a refund of order 1042."
},
"agent.typing.json": {
  "action": "agent",
  "type": "typing",
  "session": "s4k2m7q3x5z6w2a4b6c7"
},
"agent.withdraw.json": {
  "action": "agent",
  "id": 10,
  "type": "withdraw",
  "session": "s4k2m7q3x5z6w2a4b6c7"
},
};

/** The frames of functions/wire/testdata/server.*.json. */
export const serverFrames: Record<string, ServerFrame> = {
"server.ack.json": {
  "type": "ack",
  "re": 3,
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "cid": "c-02",
  "place": 6,
  "at": 1795341781000
},
"server.done.json": {
  "type": "done",
  "re": 4
},
"server.error.json": {
  "type": "error",
  "re": 3,
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "cid": "c-02",
  "code": "taken",
  "message": "Jonas Berg was first.",
  "by": {
    "id": "jonas",
    "name": "Jonas Berg"
  }
},
"server.gone.json": {
  "type": "gone",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "generation": 1,
  "round": 2,
  "outcome": "rescinded",
  "by": {
    "id": "jonas",
    "name": "Jonas Berg"
  },
  "customer": "Ana Lima"
},
"server.ledger.json": {
  "type": "ledger",
  "re": 13,
  "now": 1795341761000,
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "offers": [
    {
      "generation": 1,
      "round": 3,
      "kind": "assist",
      "by": {
        "id": "marta",
        "name": "Marta Kovač"
      },
      "strategy": "",
      "offered": 1795341750000,
      "until": 1795341770000,
      "asked": [
        {
          "agent": {
            "id": "ben",
            "name": "Ben Osei"
          },
          "delivered": 1795341750050
        }
      ]
    },
    {
      "generation": 1,
      "round": 2,
      "again": true,
      "strategy": "rrmemory",
      "offered": 1795341740000,
      "until": 1795341760000,
      "ended": 1795341741000,
      "outcome": "accepted",
      "asked": [
        {
          "agent": {
            "id": "marta",
            "name": "Marta Kovač"
          },
          "delivered": 1795341740040,
          "seen": 1795341740300,
          "decision": "accepted",
          "decided": 1795341741000
        }
      ],
      "candidates": [
        {
          "id": "marta",
          "name": "Marta Kovač"
        }
      ],
      "excluded": [
        {
          "agent": {
            "id": "ben",
            "name": "Ben Osei"
          },
          "reason": "asked before"
        }
      ]
    },
    {
      "generation": 1,
      "round": 1,
      "strategy": "rrmemory",
      "offered": 1795341720000,
      "until": 1795341740000,
      "ended": 1795341731000,
      "outcome": "rejected",
      "asked": [
        {
          "agent": {
            "id": "ben",
            "name": "Ben Osei"
          },
          "delivered": 1795341720050,
          "decision": "rejected",
          "decided": 1795341731000
        }
      ],
      "candidates": [
        {
          "id": "ben",
          "name": "Ben Osei"
        },
        {
          "id": "marta",
          "name": "Marta Kovač"
        }
      ],
      "ahead": 1
    }
  ]
},
"server.messages.json": {
  "type": "messages",
  "re": 14,
  "now": 1795341761000,
  "letters": [
    {
      "session": "s4k2m7q3x5z6w2a4b6c7",
      "queue": {
        "id": "orders",
        "name": "Orders"
      },
      "website": {
        "id": "fern",
        "name": "Fern & Fable"
      },
      "customer": {
        "id": "u8d2k",
        "name": "Ana Lima",
        "email": "ana.lima@example.com"
      },
      "text": "Do you ship to Madeira?",
      "at": 1795302120000
    }
  ]
},
"server.offer.json": {
  "type": "offer",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "generation": 1,
  "round": 2,
  "strategy": "beepall",
  "queue": {
    "id": "plant-care",
    "name": "Plant care"
  },
  "website": {
    "id": "fern",
    "name": "Fern & Fable"
  },
  "customer": {
    "id": "u8d2k",
    "name": "Ana Lima",
    "email": "ana.lima@example.com",
    "language": "pt-PT",
    "page": {
      "url": "https://shop.example/plants/calathea-orbifolia",
      "title": "Calathea Orbifolia – Fern & Fable"
    }
  },
  "question": "Hi! My Calathea’s leaves are turning brown at the edges 😟",
  "queued": 1795341720000,
  "offered": 1795341722000,
  "until": 1795341742000,
  "now": 1795341722010,
  "others": 2,
  "again": true
},
"server.pong.json": {
  "type": "pong"
},
"server.pulse.json": {
  "type": "pulse",
  "re": 5,
  "now": 1795341780000,
  "sessions": [
    {
      "session": "s4k2m7q3x5z6w2a4b6c7",
      "generation": 1,
      "state": "WAITING",
      "head": 1,
      "queue": {
        "id": "plant-care",
        "name": "Plant care"
      },
      "position": 2,
      "queued": 1795341720000,
      "wait": 120
    }
  ],
  "me": {
    "id": "marta",
    "name": "Marta Kovač",
    "state": "PAUSED",
    "since": 1795338120000,
    "capacity": 5,
    "open": [],
    "queues": [
      {
        "id": "plant-care",
        "name": "Plant care"
      }
    ],
    "reason": "Lunch"
  },
  "line": [
    {
      "queue": {
        "id": "plant-care",
        "name": "Plant care"
      },
      "waiting": 2,
      "longest": 1795341625000,
      "messages": 3
    },
    {
      "queue": {
        "id": "orders",
        "name": "Orders"
      },
      "waiting": 0
    }
  ]
},
"server.read.json": {
  "type": "read",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "side": "agent",
  "place": 5
},
"server.rows.json": {
  "type": "rows",
  "re": 4,
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "head": 5,
  "rows": [
    {
      "place": 3,
      "kind": "message",
      "side": "agent",
      "by": "marta",
      "name": "Marta Kovač",
      "text": "Oh no, poor thing! Let’s save it 🌿",
      "cid": "c-a1",
      "at": 1795341760000
    },
    {
      "place": 4,
      "kind": "closed",
      "side": "system",
      "by": "marta",
      "name": "Marta Kovač",
      "outcome": "handled",
      "at": 1795342120000
    },
    {
      "place": 5,
      "kind": "reopened",
      "side": "customer",
      "text": "One more thing: https://shop.example/pots?size=20",
      "cid": "c-03",
      "at": 1795342220000
    }
  ],
  "resync": true
},
"server.session.json": {
  "type": "session",
  "re": 2,
  "now": 1795342120010,
  "session": {
    "session": "s4k2m7q3x5z6w2a4b6c7",
    "generation": 1,
    "state": "CLOSED",
    "head": 4,
    "queue": {
      "id": "plant-care",
      "name": "Plant care"
    },
    "agent": {
      "id": "marta",
      "name": "Marta Kovač"
    },
    "outcome": "handled",
    "disposition": "Solved",
    "rows": [
      {
        "place": 4,
        "kind": "closed",
        "side": "system",
        "by": "marta",
        "name": "Marta Kovač",
        "outcome": "handled",
        "at": 1795342120000
      }
    ]
  }
},
"server.status.json": {
  "type": "status",
  "re": 2,
  "me": {
    "id": "marta",
    "name": "Marta Kovač",
    "state": "WRAPUP",
    "since": 1795338120000,
    "capacity": 5,
    "open": [
      "s4k2m7q3x5z6w2a4b6c7"
    ],
    "queues": [
      {
        "id": "plant-care",
        "name": "Plant care"
      }
    ],
    "by": {
      "id": "ben",
      "name": "Ben Osei"
    },
    "until": 1795341800000,
    "now": 1795341761000,
    "next": "PAUSED",
    "nextReason": "Lunch",
    "supervisor": true
  },
  "note": "You missed three offers, so we stopped ringing you."
},
"server.team.json": {
  "type": "team",
  "re": 12,
  "now": 1795341761000,
  "agents": [
    {
      "id": "marta",
      "name": "Marta Kovač",
      "state": "READY",
      "since": 1795338120000,
      "open": 1,
      "capacity": 5,
      "queues": [
        "plant-care"
      ]
    },
    {
      "id": "ben",
      "name": "Ben Osei",
      "state": "PAUSED",
      "reason": "Lunch",
      "since": 1795341120000,
      "open": 0,
      "capacity": 3,
      "queues": [
        "plant-care",
        "orders"
      ]
    }
  ],
  "queues": [
    {
      "queue": {
        "id": "plant-care",
        "name": "Plant care"
      },
      "available": 1,
      "waiting": 2,
      "longest": 1795341625000
    },
    {
      "queue": {
        "id": "orders",
        "name": "Orders"
      },
      "available": 0,
      "waiting": 0
    }
  ]
},
"server.typing.json": {
  "type": "typing",
  "session": "s4k2m7q3x5z6w2a4b6c7",
  "side": "agent",
  "name": "Marta Kovač"
},
"server.welcome.json": {
  "type": "welcome",
  "re": 1,
  "now": 1795341761000,
  "sessions": [
    {
      "session": "s4k2m7q3x5z6w2a4b6c7",
      "generation": 1,
      "state": "ACTIVE",
      "head": 3,
      "queue": {
        "id": "plant-care",
        "name": "Plant care"
      },
      "agent": {
        "id": "marta",
        "name": "Marta Kovač"
      },
      "read": {
        "agent": 1,
        "customer": 3
      },
      "rows": [
        {
          "place": 1,
          "kind": "message",
          "side": "customer",
          "text": "Hi! My Calathea’s leaves are turning brown at the edges 😟",
          "cid": "c-01",
          "at": 1795341720000
        },
        {
          "place": 2,
          "kind": "accepted",
          "side": "system",
          "by": "marta",
          "name": "Marta Kovač",
          "at": 1795341741000
        },
        {
          "place": 3,
          "kind": "message",
          "side": "agent",
          "by": "marta",
          "name": "Marta Kovač",
          "text": "Oh no, poor thing! Let’s save it 🌿",
          "cid": "c-a1",
          "at": 1795341760000
        }
      ],
      "website": {
        "id": "fern",
        "name": "Fern & Fable"
      },
      "customer": {
        "id": "u8d2k",
        "name": "Ana Lima",
        "email": "ana.lima@example.com",
        "language": "pt-PT",
        "page": {
          "url": "https://shop.example/plants/calathea-orbifolia",
          "title": "Calathea Orbifolia – Fern & Fable"
        }
      },
      "assist": [
        {
          "id": "ben",
          "name": "Ben Osei"
        }
      ],
      "idleUntil": 1795343621000,
      "transfer": {
        "queue": {
          "id": "orders",
          "name": "Orders"
        },
        "by": {
          "id": "marta",
          "name": "Marta Kovač"
        },
        "round": 3,
        "until": 1795341780000,
        "now": 1795341761000
      }
    }
  ],
  "me": {
    "id": "marta",
    "name": "Marta Kovač",
    "state": "READY",
    "since": 1795338120000,
    "capacity": 5,
    "open": [
      "s4k2m7q3x5z6w2a4b6c7"
    ],
    "queues": [
      {
        "id": "plant-care",
        "name": "Plant care"
      }
    ]
  },
  "offers": [
    {
      "type": "offer",
      "session": "s9c3n7q3x5z6w2a4b6d8",
      "generation": 1,
      "round": 4,
      "strategy": "beepall",
      "queue": {
        "id": "plant-care",
        "name": "Plant care"
      },
      "website": {
        "id": "fern",
        "name": "Fern & Fable"
      },
      "customer": {
        "id": "u8d2k",
        "name": "Ana Lima",
        "email": "ana.lima@example.com",
        "language": "pt-PT",
        "page": {
          "url": "https://shop.example/plants/calathea-orbifolia",
          "title": "Calathea Orbifolia – Fern & Fable"
        }
      },
      "question": "Hi! My Calathea’s leaves are turning brown at the edges 😟",
      "queued": 1795341720000,
      "offered": 1795341722000,
      "until": 1795341742000,
      "now": 1795341722010,
      "others": 0,
      "kind": "assist",
      "by": {
        "id": "ben",
        "name": "Ben Osei"
      },
      "note": "Do we ship to Madeira?"
    }
  ],
  "line": [
    {
      "queue": {
        "id": "plant-care",
        "name": "Plant care"
      },
      "waiting": 2,
      "longest": 1795341625000
    },
    {
      "queue": {
        "id": "orders",
        "name": "Orders"
      },
      "waiting": 0
    }
  ],
  "reasons": [
    "Lunch",
    "Training"
  ],
  "dispositions": [
    "Solved",
    "Follow-up"
  ]
},
};
