from datetime import timedelta
from leadshare.deliveries.delivery import Accepted
from tests.custody.erasures import Custodian
from tests.laws.checker import violations
import json
async def test_smoke():
    o=Custodian()
    mail='person-1@fabrikam.example'
    await o.take(1, Description='hello world')
    await o.finish('crm')
    await o.take(2)
    await o.take(3, body=b'broken '+mail.encode())
    e=o.erasures()
    c=await e.count('email', mail, persons=True)
    print(json.dumps(c,indent=1))
    id=await o.erase('email', mail)
    for k,v in sorted(o.table.rows.items()): print(k, v[0] if 'erase' in k[1] or 'contact' in k[1] or 'forget' in k[1] else '')
    print(await o.show(id))
    await o.go_on()
    print(await o.show(id))
    await o.go_on(timedelta(minutes=2))
    print([r.key for r in await o.due('crm')])
    await o.finish('crm', Accepted(did='deleted'))
    await o.finish('sellers', Accepted(did='task'))
    await o.go_on(timedelta(minutes=2))
    print(json.dumps(await o.show(id),indent=1))
    for k,v in sorted(o.table.rows.items()): print(k, v[0] if 'contact' in k[1] else '')
    assert 0
