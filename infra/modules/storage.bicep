metadata description = 'Storage of leads: no account keys, every queue and table from the start.'

@description('Required. Name of the storage account.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags { *: string }

@description('Required. Replication, such as Standard_ZRS.')
param sku string

@description('Required. Whether private endpoints alone reach the account.')
param isPrivate bool

@description('Required. Whether to lock the account against deletion.')
param isLocked bool

@description('Required. Whether writes and deletions are logged.')
param logsChanges bool

@description('Required. Id of the Log Analytics workspace.')
param logAnalyticsId string

// The host moves a message that it gives up on to the queue's own name with -poison.
var queues = [
  'touches'
  'touches-poison'
  'referrals'
  'referrals-poison'
  'outcomes'
  'outcomes-poison'
  'lanes'
  'lanes-poison'
]
var tables = ['leads', 'state', 'referrals']

// Reads are left out: ticks read all day, and logging that would cost more than all else here.
var changes = [
  { category: 'StorageWrite', enabled: true }
  { category: 'StorageDelete', enabled: true }
]

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: storage
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = [
  for each in queues: {
    parent: queueService
    name: each
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: storage
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = [
  for each in tables: {
    parent: tableService
    name: each
  }
]

resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (logsChanges) {
  name: 'changes'
  scope: queueService
  properties: {
    workspaceId: logAnalyticsId
    logs: changes
  }
}

resource tableLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (logsChanges) {
  name: 'changes'
  scope: tableService
  properties: {
    workspaceId: logAnalyticsId
    logs: changes
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  // Azure has soft delete for blobs alone: queues and tables have none.
  name: 'keep'
  scope: storage
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds leads that nobody will send again.'
  }
}

@description('Id of the storage account, for alerts.')
output id string = storage.id

@description('Name of the storage account.')
output name string = storage.name

@description('Address of its tables.')
output tableUri string = storage.properties.primaryEndpoints.table
